#include "terminal/line_reader.hpp"

#include <algorithm>
#include <utility>

namespace belfry::terminal {
namespace {

std::string_view without_cr(std::string_view line) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

}  // namespace

std::optional<InputLine> LineReader::next(std::string_view& input) {
    const auto lf = input.find('\n');
    const auto piece = input.substr(0, lf);
    const bool complete = lf != std::string_view::npos;
    input.remove_prefix(piece.size() + (complete ? 1 : 0));
    if (complete && begun_.empty()) return finished(without_cr(piece));
    // Two bytes above the limit: one may be the CR, the other tells that the line is too long.
    begun_ += piece.substr(0, limit_ + 2 - begun_.size());
    if (!complete) return std::nullopt;
    finished_ = std::exchange(begun_, {});
    return finished(without_cr(finished_));
}

std::optional<InputLine> LineReader::last() {
    if (begun_.empty()) return std::nullopt;
    finished_ = std::exchange(begun_, {});
    return finished(finished_);
}

InputLine LineReader::finished(std::string_view text) {
    ++number_;
    if (text.size() > limit_) return {number_, {}, true};
    return {number_, text, false};
}

}  // namespace belfry::terminal
