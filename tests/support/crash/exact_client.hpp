#pragma once

#include "tests/support/crash/pace.hpp"
#include "tests/support/raw_client.hpp"

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace belfry::test {

/// One message in a client's view of the log.
struct Entry {
    std::size_t sender;
    std::uint64_t number;
    bool operator==(const Entry&) const = default;
};

/// Everything that a client has seen since its first login. To be read after the client has
/// stopped.
struct View {
    std::vector<Entry> log;            ///< log[id - 1]; own messages as their SENT arrives
    std::uint64_t torn = 0;            ///< payloads that were changed on the way
    std::uint64_t contradictions = 0;  ///< ids that came again with another message
    std::vector<std::string> faults;   ///< other violations of the protocol
};

/// A client that uses the protocol correctly. It acknowledges what it has received. If its
/// connection breaks, it logs in again, skips what it already knows, and sends again what has no
/// SENT. It sends and receives without a pause, in its own thread.
class ExactClient {
  public:
    static constexpr std::uint64_t no_limit = std::numeric_limits<std::uint64_t>::max();

    /// Connects to the server, in the client's own thread.
    using Connect = std::function<RawClient()>;

    /// @param index its sender number; its client-id is index + 1
    /// @param pace shared with the other clients
    /// @param max_made how many messages the client may make, see may_make()
    ExactClient(std::size_t index, Connect connect, Pace& pace, std::uint64_t max_made = no_limit);
    ExactClient(const ExactClient&) = delete;
    ExactClient& operator=(const ExactClient&) = delete;
    ~ExactClient() { stop(); }

    /// Stops making messages. Those already made are still sent, and others are still received.
    void finish_sending() { finishing_ = true; }
    void stop();

    /// Sets how many messages the client makes in all. It makes them at once.
    void may_make(std::uint64_t count) { max_made_ = count; }

    /// Allows the server to announce from now on that it shuts down.
    void expect_shut_down() { expects_shut_down_ = true; }

    /// Allows the server to refuse logins and messages from now on, as a node does that cannot
    /// reach its cluster. The client then sends its messages again, and after some seconds it
    /// connects again.
    void expect_refusals() { expects_refusals_ = true; }

    /// Makes the client break its connection with a reset soon. It connects again by itself.
    void cut() { cut_ = true; }

    // --- may be read while it runs ---

    /// Returns how many messages the client has made so far.
    [[nodiscard]] std::uint64_t made() const { return made_; }
    /// True if every message that the client has made has its SENT.
    [[nodiscard]] bool is_settled() const { return settled_ == made_; }
    /// Returns the last id that the client has received.
    [[nodiscard]] std::uint64_t taken() const { return taken_; }
    /// Returns how many logins and messages were refused.
    [[nodiscard]] std::uint64_t refusals() const { return refusals_; }
    /// Returns how often a connection has broken.
    [[nodiscard]] std::uint64_t breaks() const { return breaks_; }
    [[nodiscard]] bool is_live() const { return live_; }
    [[nodiscard]] bool has_faults() const { return has_faults_; }

    /// Returns when the newest message that the client has received was made.
    [[nodiscard]] Clock::time_point newest_push() const {
        return Clock::time_point{std::chrono::nanoseconds{newest_push_}};
    }

    [[nodiscard]] const View& view() const { return view_; }

  private:
    void run();
    void run_session();
    void converse(RawClient& client);
    void leave_if_stuck(RawClient& client) const;
    [[nodiscard]] std::string refused_messages();
    [[nodiscard]] bool take_refusal(const Frame& frame);
    [[nodiscard]] std::string new_messages();
    [[nodiscard]] std::string message(std::uint64_t number) const;
    void take(const Frame& frame);
    void take_message(const Frame& frame);
    void take_sent(const Frame& frame);
    void take_entry(std::uint64_t id, const Entry& entry);
    void forget_pending(std::uint64_t number);
    void fault(const std::string& what);

    const std::size_t index_;
    const Connect connect_;
    Pace& pace_;
    View view_;
    std::deque<std::uint64_t> pending_;  ///< numbers that have neither SENT nor DUP

    using Since = std::optional<Clock::time_point>;
    Since connecting_since_;  ///< none: has read WELCOME
    Since refused_since_;     ///< when the first message was refused; none: messages are accepted
    Since refused_at_;        ///< when a message was refused that was not sent again yet

    std::atomic<std::uint64_t> max_made_;
    std::atomic<bool> expects_shut_down_ = false;
    std::atomic<bool> expects_refusals_ = false;
    std::atomic<bool> finishing_ = false;
    std::atomic<bool> stopping_ = false;
    std::atomic<bool> cut_ = false;
    std::atomic<std::uint64_t> made_ = 0;
    std::atomic<std::uint64_t> settled_ = 0;
    std::atomic<std::uint64_t> taken_ = 0;
    std::atomic<std::uint64_t> breaks_ = 0;
    std::atomic<std::uint64_t> refusals_ = 0;
    std::atomic<bool> live_ = false;
    std::atomic<bool> has_faults_ = false;
    std::atomic<std::int64_t> newest_push_ = 0;
    std::thread thread_;  ///< last: it uses all of the above
};

}  // namespace belfry::test
