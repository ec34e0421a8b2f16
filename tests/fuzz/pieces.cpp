#include "tests/fuzz/check.hpp"

#include <algorithm>
#include <random>

namespace belfry::fuzz {

std::vector<std::string_view> in_pieces(std::string_view input, std::size_t longest) {
    std::seed_seq seed(input.begin(), input.end());
    std::minstd_rand random{seed};
    std::uniform_int_distribution<std::size_t> length{1, longest};
    std::vector<std::string_view> pieces;
    while (!input.empty()) {
        pieces.push_back(input.substr(0, length(random)));
        input.remove_prefix(pieces.back().size());
    }
    return pieces;
}

}  // namespace belfry::fuzz
