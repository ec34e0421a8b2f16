#include "terminal/backlog.hpp"

#include <algorithm>

namespace belfry::terminal {
namespace {

// When one of these limits is reached, the backlog is printed without having been counted.
constexpr std::size_t max_held = std::size_t{1} << 20;
constexpr std::uint64_t max_counted = 1000;

// From this size on the status rows show how much of the backlog has come.
constexpr std::uint64_t large = 500;

}  // namespace

void Backlog::begin(std::uint64_t cursor, std::uint64_t last) {
    is_open_ = true;
    has_headline_ = false;
    cursor_ = newest_ = cursor;
    last_ = std::max(cursor, last);
    count_ = 0;
}

std::string Backlog::add(std::uint64_t id, const Said& said) {
    newest_ = id;
    if (++count_ == 1) first_ = said.time;
    return pass(transcript_.message(said, Transcript::Look::old));
}

std::string Backlog::pass(const std::string& text) {
    held_ += text;
    const bool is_enough = count_ >= max_counted || held_.size() >= max_held;
    return has_headline_ || is_enough ? release() : std::string{};
}

std::string Backlog::end() {
    if (!is_open_) return {};
    is_open_ = false;
    std::string text = release();
    if (count_ > 0) text += transcript_.note("new messages");
    return text;
}

std::string Backlog::release() {
    std::string text;
    if (!has_headline_ && count_ > 0) {
        const std::string all =
            is_open_ ? "up to " + counted_messages(last_ - cursor_) : counted_messages(count_);
        text = transcript_.headline(all, first_);
        has_headline_ = true;
    }
    text += held_;
    held_.clear();
    return text;
}

std::optional<std::string> Backlog::progress() const {
    if (!is_open_ || last_ - cursor_ < large) return std::nullopt;
    return "catching up: " + std::to_string(newest_ - cursor_) + " of " +
           counted_messages(last_ - cursor_);
}

}  // namespace belfry::terminal
