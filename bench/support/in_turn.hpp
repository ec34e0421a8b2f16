#pragma once

#include "bench/support/report.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace belfry::bench {

/// One of several things that are compared. Each call of `run` is one run.
struct Contestant {
    std::string name;
    std::function<double()> run;
};

/// Measures the contestants in turn: first, second, …, first, second, …
[[nodiscard]] inline std::vector<Series> measure_in_turn(std::size_t rounds,
                                                         const std::vector<Contestant>& all) {
    std::vector<Series> series;
    series.reserve(all.size());
    for (const Contestant& one : all) series.push_back({one.name, {}});
    for (std::size_t round = 0; round < rounds; ++round) {
        for (std::size_t i = 0; i < all.size(); ++i) series[i].values.push_back(all[i].run());
    }
    return series;
}

}  // namespace belfry::bench
