#include "admission/source_limits.hpp"

#include <algorithm>

namespace belfry::admission {

SourceLimits::SourceLimits(const LimitRules& rules, std::pmr::memory_resource& memory)
    : rules_{rules}, strangers_tokens_{rules.strangers}, entries_{0, Source::Hash{}, &memory} {}

SourceLimits::~SourceLimits() {
    strangers_.clear();
    known_.clear();
}

bool SourceLimits::is_shut_out(const Source& source, base::TimePoint now) const {
    const auto found = entries_.find(source);
    return found != entries_.end() && now < found->second.shut_out_until;
}

SourceLimits::Verdict SourceLimits::may_fork(const Source& source, base::TimePoint now) {
    Entry& entry = entry_of(source, now);
    if (now < entry.shut_out_until) return Verdict::no;
    if (!entry.forks.has_token(now)) return entry.undecided > 0 ? Verdict::later : Verdict::no;
    if (entry.is_stranger && !strangers_tokens_.try_take(now)) return Verdict::later;
    entry.forks.take(now);
    ++entry.undecided;
    return Verdict::yes;
}

void SourceLimits::logged_in(const Source& source, base::TimePoint now) {
    Entry& entry = entry_of(source, now);
    if (entry.undecided > 0) --entry.undecided;
    entry.forks.give_back();
    if (entry.is_stranger) strangers_tokens_.give_back();
    remember(source, now);
}

void SourceLimits::failed(const Source& source, base::TimePoint now) {
    gave_up(source);
    Entry& entry = entry_of(source, now);
    if (now >= entry.window_end) {
        entry.window_end = now + rules_.failure_window;
        entry.failures = 0;
    }
    if (++entry.failures <= rules_.free_failures) return;
    entry.shut_out_until =
        std::min(std::max(entry.shut_out_until, now) + rules_.penalty, now + rules_.max_penalty);
}

void SourceLimits::gave_up(const Source& source) {
    const auto found = entries_.find(source);
    if (found != entries_.end() && found->second.undecided > 0) --found->second.undecided;
}

void SourceLimits::remember(const Source& source, base::TimePoint now) {
    Entry& entry = entry_of(source, now);
    entry.known_until = now + rules_.known_for;
    move(entry, false);
}

/// Finds or makes the entry of a source, and makes it the most recently used one.
SourceLimits::Entry& SourceLimits::entry_of(const Source& source, base::TimePoint now) {
    Entry& entry = entries_.try_emplace(source, source, rules_.per_source).first->second;
    move(entry, entry.is_stranger || now >= entry.known_until);
    return entry;
}

SourceLimits::Entries& SourceLimits::peers_of(const Entry& entry) noexcept {
    return entry.is_stranger ? strangers_ : known_;
}

/// Moves an entry to the end of one of the lists, and forgets the first entry of a list that has
/// become too long.
void SourceLimits::move(Entry& entry, bool is_stranger) {
    if (entry.by_use.is_linked()) peers_of(entry).erase(Entries::s_iterator_to(entry));
    entry.is_stranger = is_stranger;
    Entries& peers = peers_of(entry);
    peers.push_back(entry);
    if (peers.size() <= rules_.max_sources) return;
    const Source oldest = peers.front().source;
    peers.pop_front();
    entries_.erase(oldest);
}

}  // namespace belfry::admission
