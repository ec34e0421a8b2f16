#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace belfry::test {

/// The defects that were found after a kill.
struct Findings {
    std::uint64_t stuck = 0;           ///< the lock is not free, or a step does not complete
    std::uint64_t torn = 0;            ///< an invariant is broken, or something is incomplete
    std::uint64_t lost = 0;            ///< something that was committed is missing
    std::uint64_t doubled = 0;         ///< something exists twice
    std::uint64_t not_done_again = 0;  ///< the operation cannot be repeated
    std::vector<std::string> sentences;

    void require(bool holds, std::uint64_t Findings::*kind, const std::string& sentence) {
        if (holds) return;
        ++(this->*kind);
        sentences.push_back(sentence);
    }
};

}  // namespace belfry::test
