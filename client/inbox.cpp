#include "client/inbox.hpp"

#include <algorithm>

namespace belfry::client {

bool Inbox::begin_session(const wire::Welcome& welcome) {
    const bool other_log = !epoch_.empty() && epoch_ != welcome.epoch;
    if (other_log) seen_ = 0;
    epoch_ = welcome.epoch;
    acked_ = welcome.cursor;
    seen_ = std::max(seen_, acked_);
    return other_log;
}

bool Inbox::take(std::uint64_t id) noexcept {
    if (!pass(id)) return false;
    if (left_) --*left_;
    return true;
}

// After as many messages as were asked for, the rest is left to the next login: nothing is passed.
bool Inbox::pass(std::uint64_t id) noexcept {
    if (is_full() || id <= seen_) return false;
    seen_ = id;
    return true;
}

std::optional<std::uint64_t> Inbox::take_ack() noexcept {
    if (seen_ <= acked_) return std::nullopt;
    acked_ = seen_;
    return seen_;
}

}  // namespace belfry::client
