#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace belfry::test {

/// What a survivor found wrong.
struct Findings {
    std::uint64_t stuck = 0;    ///< the lock cannot be had
    std::uint64_t torn = 0;     ///< an invariant is broken, or a part is there without the rest
    std::uint64_t lost = 0;     ///< what was committed is not there
    std::uint64_t doubled = 0;  ///< something is there twice
    std::uint64_t not_done_again = 0;  ///< the operation does not succeed any more
    std::vector<std::string> sentences;

    void require(bool holds, std::uint64_t Findings::*kind, const std::string& sentence) {
        if (holds) return;
        ++(this->*kind);
        sentences.push_back(sentence);
    }
};

}  // namespace belfry::test
