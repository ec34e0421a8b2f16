#pragma once

#include <cstddef>

namespace belfry::gate {

/// The outcome of an attempt to read or write that does not wait.
enum class Outcome {
    done,
    must_read,   ///< again when the socket is readable
    must_write,  ///< again when the socket is writable
    closed,      ///< the other end has closed its side
    failed,
};

struct Step {
    Outcome outcome;
    std::size_t count = 0;  ///< how many bytes were read or written
};

}  // namespace belfry::gate
