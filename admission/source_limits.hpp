#pragma once

#include "admission/source.hpp"
#include "admission/token_bucket.hpp"
#include "base/clock.hpp"

#include <boost/intrusive/list.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <unordered_map>

namespace belfry::admission {

/// The limits of SourceLimits. A stranger is a source without a recent login.
struct LimitRules {
    Rate per_source{.interval = std::chrono::milliseconds{50}, .burst = 300};
    /// That of all strangers together.
    Rate strangers{.interval = std::chrono::milliseconds{5}, .burst = 300};
    base::Duration known_for = std::chrono::hours{1};

    // As PerSourcePenalties of OpenSSH: each further failure within the window adds to the time for
    // which the source is shut out.
    std::int64_t free_failures = 300;
    base::Duration failure_window = std::chrono::minutes{1};
    base::Duration penalty = std::chrono::seconds{5};
    base::Duration max_penalty = std::chrono::minutes{10};

    /// How many strangers, and how many other sources, are remembered. Beyond that the one that was
    /// seen least recently is forgotten.
    std::size_t max_sources = 65536;
};

/// Limits how many processes the connections of a source may cost. Each process takes a token of
/// its source and, for a stranger, one that all strangers share. A login that succeeds gives them
/// back, so that only processes without a login are limited. Too many failed logins shut a source
/// out for a while. All operations take constant time, and memory is bounded.
class SourceLimits {
  public:
    /// @param memory where everything that it holds is allocated; it outlives the object
    explicit SourceLimits(const LimitRules& rules = {},
                          std::pmr::memory_resource& memory = *std::pmr::get_default_resource());
    SourceLimits(const SourceLimits&) = delete;
    SourceLimits& operator=(const SourceLimits&) = delete;
    ~SourceLimits();

    /// Tells whether a source is shut out. Its connections need not even wait.
    [[nodiscard]] bool is_shut_out(const Source& source, base::TimePoint now) const;

    enum class Verdict {
        yes,    ///< the tokens were taken
        later,  ///< a token may be there soon, because earlier logins are not decided yet
        no,
    };
    /// Asks for a process. After `yes`, exactly one of logged_in(), failed() and gave_up() must
    /// follow.
    [[nodiscard]] Verdict may_fork(const Source& source, base::TimePoint now);

    /// The process has logged in. It gives its tokens back, and the source is no stranger.
    void logged_in(const Source& source, base::TimePoint now);

    /// The process was refused its login, or received something else than a login.
    void failed(const Source& source, base::TimePoint now);

    /// The process ended without a login for another reason, for example because its client left.
    void gave_up(const Source& source);

    /// Makes a source known from which a client is, or was until now, logged in.
    void remember(const Source& source, base::TimePoint now);

  private:
    struct Entry {
        Entry(const Source& source, const Rate& rate) noexcept : source{source}, forks{rate} {}
        Source source;
        TokenBucket forks;
        bool is_stranger = true;
        std::int64_t undecided = 0;  ///< processes that neither logged in nor ended
        std::int64_t failures = 0;   ///< before window_end
        base::TimePoint window_end;
        base::TimePoint shut_out_until;
        base::TimePoint known_until;
        boost::intrusive::list_member_hook<> by_use;
    };
    using Entries = boost::intrusive::list<
        Entry,
        boost::intrusive::member_hook<Entry, boost::intrusive::list_member_hook<>, &Entry::by_use>>;

    [[nodiscard]] Entry& entry_of(const Source& source, base::TimePoint now);
    [[nodiscard]] Entries& peers_of(const Entry& entry) noexcept;
    void move(Entry& entry, bool is_stranger);

    LimitRules rules_;
    TokenBucket strangers_tokens_;
    std::pmr::unordered_map<Source, Entry, Source::Hash> entries_;
    Entries strangers_;  ///< least recently used first
    Entries known_;      ///< likewise
};

}  // namespace belfry::admission
