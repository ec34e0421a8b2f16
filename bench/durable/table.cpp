#include "bench/durable/table.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace belfry::bench {
namespace {

std::string text_of(double value, Unit unit) {
    if (unit == Unit::per_second) {
        return with_commas(static_cast<std::uint64_t>(std::llround(value))) + "/s";
    }
    char text[32];
    static_cast<void>(std::snprintf(text, sizeof text, "%.1f ms", value));
    return text;
}

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

std::string with_commas(std::uint64_t number) {
    std::string text = std::to_string(number);
    for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, 1, ',');
    return text;
}

}  // namespace belfry::bench
