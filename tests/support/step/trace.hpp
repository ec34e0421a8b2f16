#pragma once

#include "tests/support/step/operation.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace belfry::test {

/// The instructions of one undisturbed run of an operation.
struct Trace {
    std::vector<std::uint64_t> addresses;  ///< of the first, second, third … instruction
    /// How many instructions had run when others could see a change, or a system call returned.
    std::vector<std::size_t> changes;
};

/// Runs the operation one instruction at a time.
[[nodiscard]] Trace trace(Operation& operation);

/// The fast way to the moment behind the nth instruction: run freely until the processor is about
/// to execute the one at `address` for the `times`th time, then go `steps` further.
struct Way {
    std::uint64_t address = 0;
    std::uint64_t times = 0;  ///< 0: from the start
    std::size_t steps = 0;

    /// In steps. A breakpoint is set and taken away each time, and stepped over.
    [[nodiscard]] std::uint64_t cost() const { return 3 * times + steps; }
};

/// The fastest way for every n, from 0 to the number of instructions.
[[nodiscard]] std::vector<Way> ways_through(const Trace& trace);

}  // namespace belfry::test
