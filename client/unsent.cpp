#include "client/unsent.hpp"

#include "wire/limits.hpp"
#include "wire/print.hpp"

#include <algorithm>
#include <utility>

namespace belfry::client {
namespace {

// Each line counts for this much besides its text, so that the number of empty lines is limited
// too.
constexpr std::size_t entry_bytes = 64;

}  // namespace

void Unsent::add(std::uint64_t line, std::string_view text, std::uint64_t seq) {
    const bool is_in_order =
        entries_.empty() || (entries_.back().seq != 0 && entries_.back().seq < seq);
    if (seq != 0 && !is_in_order) {
        return on_refused_(line, {"bad-seq", "the seq is not above that of the message before"});
    }
    entries_.push_back(
        {.seq = seq, .line = line, .text = std::string{text}, .state = State::waiting});
    bytes_ += text.size() + entry_bytes;
    ++unanswered_;
}

void Unsent::begin_session(std::uint64_t last_seq, std::uint64_t max_payload) {
    used_seq_ = last_seq;
    max_payload_ = max_payload;
    send_all_again();
}

void Unsent::fill(std::string& out, std::size_t enough) {
    while (!postponing_ && sent_ < entries_.size() && out.size() < enough) {
        Entry& entry = entries_[sent_++];
        if (entry.state == State::answered) continue;
        const bool is_new = entry.seq == 0;
        const std::uint64_t seq = is_new ? next_seq() : entry.seq;
        if (const auto why = obstacle(entry.text, seq)) {
            drop_last_sent(*why);
            continue;
        }
        entry.seq = seq;
        if (is_new && on_numbered_) on_numbered_(entry.line, seq);
        wire::print(out, wire::Send{seq, entry.text});
    }
    forget_answered();
}

// Returns the seq for the entry that `sent_` has just passed.
std::uint64_t Unsent::next_seq() const {
    const std::uint64_t before = sent_ > 1 ? entries_[sent_ - 2].seq : 0;
    return std::min(std::max(used_seq_, before), wire::max_seq) + 1;
}

std::optional<Error> Unsent::obstacle(std::string_view text, std::uint64_t seq) const {
    if (text.size() > max_payload_) {
        return Error{"too-large", "longer than the server's limit of " +
                                      std::to_string(max_payload_) + " bytes"};
    }
    if (seq > wire::max_seq) return Error{"bad-seq", "no seq is left for this client-id"};
    return std::nullopt;
}

void Unsent::drop_last_sent(const Error& why) {
    const auto entry = entries_.begin() + static_cast<std::ptrdiff_t>(--sent_);
    const std::uint64_t line = entry->line;
    // The server may have accepted a seq that was sent on an earlier connection.
    if (entry->seq <= wire::max_seq) used_seq_ = std::max(used_seq_, entry->seq);
    answer(*entry);
    entries_.erase(entry);
    on_refused_(line, why);
}

std::optional<std::uint64_t> Unsent::accept(std::uint64_t seq) {
    Entry* entry = find(seq);
    if (entry == nullptr) return std::nullopt;
    used_seq_ = std::max(used_seq_, seq);
    const std::uint64_t line = entry->line;
    answer(*entry);
    forget_answered();
    return line;
}

void Unsent::refuse(std::uint64_t seq, const Error& why) {
    // A server that names a seq of its own invention must not use up the seqs below it.
    if (find(seq) != nullptr) used_seq_ = std::max(used_seq_, seq);
    refuse_seq(seq, why);
}

void Unsent::refuse_seq(std::uint64_t seq, const Error& why) {
    Entry* entry = find(seq);
    if (entry == nullptr) return;
    const std::uint64_t line = entry->line;
    answer(*entry);
    forget_answered();
    on_refused_(line, why);
}

void Unsent::postpone(std::uint64_t seq) {
    Entry* entry = find(seq);
    if (entry == nullptr) return;
    entry->state = State::postponed;
    postponing_ = true;
}

// The server sends errors in the order of the lines. So after the last line sent has its answer,
// every line before it has one too, or was accepted and waits for its SENT.
bool Unsent::can_try_again() const {
    return postponing_ && (sent_ == 0 || entries_[sent_ - 1].state != State::waiting);
}

void Unsent::try_again() {
    const auto first = std::find_if(entries_.begin(), entries_.end(), [](const Entry& entry) {
        return entry.state == State::postponed;
    });
    sent_ = std::min(sent_, static_cast<std::size_t>(first - entries_.begin()));
    std::for_each(first, entries_.end(), [](Entry& entry) {
        if (entry.state == State::postponed) entry.state = State::waiting;
    });
    postponing_ = false;
}

void Unsent::send_all_again() {
    try_again();
    sent_ = 0;
}

Unsent::Entry* Unsent::find(std::uint64_t seq) {
    // Answers usually come in the order of the seqs, which usually have no gaps.
    if (!entries_.empty() && entries_.front().seq == seq) {
        return entries_.front().state != State::answered ? &entries_.front() : nullptr;
    }
    const auto found = std::partition_point(
        entries_.begin(), entries_.end(),
        [seq](const Entry& entry) { return entry.seq != 0 && entry.seq < seq; });
    const bool is_there = found != entries_.end() && found->seq == seq;
    return is_there && found->state != State::answered ? &*found : nullptr;
}

void Unsent::answer(Entry& entry) {
    bytes_ -= entry.text.size() + entry_bytes;
    --unanswered_;
    entry.state = State::answered;
    entry.text = {};
}

void Unsent::forget_answered() {
    while (!entries_.empty() && entries_.front().state == State::answered) {
        entries_.pop_front();
        if (sent_ > 0) --sent_;
    }
}

}  // namespace belfry::client
