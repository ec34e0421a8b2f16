#pragma once

#include <cstddef>
#include <vector>

namespace belfry::bench {

/// The same thing measured alternately in two ways: first, second, first, second.
struct Pairs {
    std::vector<double> first;
    std::vector<double> second;  ///< empty: there is nothing to compare with

    [[nodiscard]] std::vector<double> ratios() const;
};

template <typename First, typename Second>
[[nodiscard]] Pairs measure_in_turn(std::size_t rounds, First first, Second second) {
    Pairs pairs;
    for (std::size_t round = 0; round < rounds; ++round) {
        pairs.first.push_back(first());
        pairs.second.push_back(second());
    }
    return pairs;
}

}  // namespace belfry::bench
