#include "bench/support/pairs.hpp"

namespace belfry::bench {

std::vector<double> Pairs::ratios() const {
    std::vector<double> result;
    for (std::size_t i = 0; i < second.size(); ++i) result.push_back(first[i] / second[i]);
    return result;
}

}  // namespace belfry::bench
