#pragma once

#include "bench/support/connection.hpp"
#include "bench/support/cpu_meter.hpp"
#include "bench/support/peer.hpp"
#include "bench/support/wait.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace belfry::bench {

/// How far the publisher may run ahead. It is the same for all servers.
struct FlowControl {
    std::uint64_t window = 1'000;          ///< unanswered messages
    std::uint64_t lead_bytes = 16U << 20;  ///< bytes ahead of the slowest subscriber
};

/// One server, with one publisher and many subscribers. These clients run in one thread with one
/// epoll loop. Received bytes are only counted; the kernel discards them.
class Stage {
  public:
    /// Connects the publisher and all subscribers.
    Stage(std::unique_ptr<Peer> peer, std::size_t subscribers, FlowControl flow);

    struct Rate {
        double deliveries_a_second;
        double cpu_ns_a_delivery;       ///< processor time of all processes of the server
        double own_share;               ///< share of the run in which this process used a processor
        double own_user_ns_a_delivery;  ///< this process's own time outside the kernel
    };

    /// Publishes as fast as flow control permits, until every subscriber has every message.
    /// @throws test::Failure if a message is lost
    [[nodiscard]] Rate publish_all(std::uint64_t messages, std::string_view payload);

    /// Publishes one at a time at a fixed rate.
    /// @return the latency of each delivery in seconds, sorted: from just before the message was
    /// sent until it was read
    [[nodiscard]] std::vector<double> publish_at(double messages_a_second, std::uint64_t messages,
                                                 std::string_view payload);

    [[nodiscard]] const Peer& peer() const { return *peer_; }

  private:
    struct Subscriber {
        Connection connection;
        std::uint64_t timed = 0;  ///< messages whose latency was measured in this run
    };
    struct Sent {
        std::uint64_t end;  ///< bytes for each subscriber up to the end of the message
        Clock::time_point at;
    };

    void watch(int fd, std::uint64_t tag, std::uint32_t events, int operation) const;
    void begin_run();
    void publish(std::uint64_t count, std::string_view payload);
    void publish_some(std::uint64_t messages, std::string_view payload);
    void flush();
    bool look(Clock::duration limit);
    void look_or_give_up();
    void check_complete() const;
    void read_answers();
    void read(std::size_t index);
    void take_times(Subscriber& subscriber, std::uint64_t received);
    [[nodiscard]] bool is_complete() const { return slowest_ == expected_ && unanswered_ == 0; }
    [[noreturn]] void give_up() const;

    std::unique_ptr<Peer> peer_;
    FlowControl flow_;
    CpuMeter cpu_;
    base::UniqueFd epoll_;
    std::vector<Subscriber> subscribers_;
    std::vector<std::uint64_t> received_;  ///< received bytes of each subscriber
    std::unique_ptr<Connection> publisher_;

    std::string out_;  ///< bytes that the publisher's socket has not taken yet
    bool waits_for_room_ = false;
    std::uint64_t published_ = 0;  ///< messages of this run
    std::uint64_t unanswered_ = 0;
    std::uint64_t expected_ = 0;  ///< total bytes for each subscriber
    std::uint64_t slowest_ = 0;   ///< the minimum of received_
    bool timed_ = false;
    std::vector<Sent> sent_;  ///< the messages of a timed run
    std::vector<double> times_;
};

}  // namespace belfry::bench
