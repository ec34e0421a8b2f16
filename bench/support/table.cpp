#include "bench/support/table.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace belfry::bench {
namespace {

void print_line(const std::string& what, const std::string& belfry, const std::string& peer,
                std::string_view name) {
    std::printf("%-40s %13s %13s %-12.*s", what.c_str(), belfry.c_str(), peer.c_str(),
                static_cast<int>(name.size()), name.data());
}

void print_ratios(const std::vector<double>& ratios, std::string_view wanted) {
    const auto [least, greatest] = std::ranges::minmax(ratios);
    std::printf(" %7.3f %7.3f %7.3f  %.*s", median(ratios), least, greatest,
                static_cast<int>(wanted.size()), wanted.data());
}

void end_line() {
    std::printf("\n");
    static_cast<void>(std::fflush(stdout));
}

}  // namespace

void print_head() {
    print_line("what", "Belfry", "peer", "");
    std::printf(" %7s %7s %7s  %s", "ratio", "min", "max", "wanted");
    end_line();
}

void print(const Row& row) {
    const std::string belfry = text_of(median(row.figures.first), row.unit);
    if (row.figures.second.empty()) {
        print_line(row.what, belfry, "-", "");
    } else {
        print_line(row.what, belfry, text_of(median(row.figures.second), row.unit), row.peer);
        print_ratios(row.figures.ratios(), row.wanted);
    }
    end_line();
}

void print_remark(const std::string& text) {
    std::printf("  %s", text.c_str());
    end_line();
}

}  // namespace belfry::bench
