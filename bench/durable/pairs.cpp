#include "bench/durable/pairs.hpp"

#include <algorithm>

namespace belfry::bench {

std::vector<double> Pairs::ratios() const {
    std::vector<double> result;
    for (std::size_t i = 0; i < second.size(); ++i) result.push_back(first[i] / second[i]);
    return result;
}

double median(std::vector<double> values) {
    std::ranges::sort(values);
    const std::size_t upper = values.size() / 2;
    const std::size_t lower = (values.size() - 1) / 2;
    return (values[lower] + values[upper]) / 2;
}

}  // namespace belfry::bench
