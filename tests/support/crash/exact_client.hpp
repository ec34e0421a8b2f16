#pragma once

#include "tests/support/crash/pace.hpp"
#include "tests/support/raw_client.hpp"

#include <atomic>
#include <cstdint>
#include <deque>
#include <limits>
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

/// What a client saw, from its first login on. Read it when the client has stopped.
struct View {
    std::vector<Entry> log;            ///< log[id - 1]; own messages by their SENT
    std::uint64_t torn = 0;            ///< payloads that were not as they had been made
    std::uint64_t contradictions = 0;  ///< ids that came again and meant something else
    std::vector<std::string> faults;   ///< whatever else the protocol does not allow
};

/// A client that uses the protocol as it is meant: it acknowledges what it has taken, and where
/// its connection breaks, it logs in again, skips what it knows, and sends again what has no
/// SENT. It sends and receives without a pause, in a thread of its own.
class ExactClient {
  public:
    static constexpr std::uint64_t no_limit = std::numeric_limits<std::uint64_t>::max();

    /// @param index its sender number; its client-id is index + 1
    /// @param port where the server listens at present
    /// @param pace shared with the other clients
    /// @param max_made how many messages it may make, see may_make()
    ExactClient(std::size_t index, const std::atomic<std::uint16_t>& port, Pace& pace,
                std::uint64_t max_made = no_limit);
    ExactClient(const ExactClient&) = delete;
    ExactClient& operator=(const ExactClient&) = delete;
    ~ExactClient() { stop(); }

    /// Makes no more messages; those made are still sent, and others still received.
    void finish_sending() { finishing_ = true; }
    void stop();

    /// Makes no more than so many messages in all, and those at once.
    void may_make(std::uint64_t count) { max_made_ = count; }

    /// From here on the server may say that it shuts down.
    void expect_shut_down() { expects_shut_down_ = true; }

    /// Breaks its connection with a reset, as soon as it looks; it comes back by itself.
    void cut() { cut_ = true; }

    // --- may be read while it runs ---

    /// Messages made so far.
    [[nodiscard]] std::uint64_t made() const { return made_; }
    /// Whether all messages made have got their SENT.
    [[nodiscard]] bool is_settled() const { return settled_ == made_; }
    /// The last id taken.
    [[nodiscard]] std::uint64_t taken() const { return taken_; }
    /// How often a connection broke.
    [[nodiscard]] std::uint64_t breaks() const { return breaks_; }
    [[nodiscard]] bool is_live() const { return live_; }
    [[nodiscard]] bool has_faults() const { return has_faults_; }

    /// When the newest message that was pushed to it had been made.
    [[nodiscard]] Clock::time_point newest_push() const {
        return Clock::time_point{std::chrono::nanoseconds{newest_push_}};
    }

    [[nodiscard]] const View& view() const { return view_; }

  private:
    void run();
    void run_session();
    void converse(RawClient& client);
    [[nodiscard]] std::string new_messages();
    [[nodiscard]] std::string message(std::uint64_t number) const;
    void take(const Frame& frame);
    void take_message(const Frame& frame);
    void take_sent(const Frame& frame);
    void take_entry(std::uint64_t id, const Entry& entry);
    void forget_pending(std::uint64_t number);
    void fault(const std::string& what);

    const std::size_t index_;
    const std::atomic<std::uint16_t>& port_;
    Pace& pace_;
    View view_;
    std::deque<std::uint64_t> pending_;  ///< numbers that have neither SENT nor DUP

    std::atomic<std::uint64_t> max_made_;
    std::atomic<bool> expects_shut_down_ = false;
    std::atomic<bool> finishing_ = false;
    std::atomic<bool> stopping_ = false;
    std::atomic<bool> cut_ = false;
    std::atomic<std::uint64_t> made_ = 0;
    std::atomic<std::uint64_t> settled_ = 0;
    std::atomic<std::uint64_t> taken_ = 0;
    std::atomic<std::uint64_t> breaks_ = 0;
    std::atomic<bool> live_ = false;
    std::atomic<bool> has_faults_ = false;
    std::atomic<std::int64_t> newest_push_ = 0;
    std::thread thread_;  ///< last: it uses all of the above
};

}  // namespace belfry::test
