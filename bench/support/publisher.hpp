#pragma once

#include "bench/support/connection.hpp"
#include "bench/support/frame_counter.hpp"
#include "bench/support/wait.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace belfry::bench {

inline constexpr std::size_t payload_size = 64;

/// A client that sends messages of payload_size bytes and keeps a number of them unanswered: for
/// as many SENTs as a read brings, it writes as many SENDs at once.
class Publisher {
  public:
    /// Logs in and reads up to LIVE.
    /// @param client_id one that has never sent anything
    /// @param window messages in flight, at least 1
    Publisher(std::uint16_t port, std::string_view client_id, std::uint64_t window);

    /// Sends for so long, then waits for all answers. Messages a second, by the time of the last
    /// answer.
    double rate_over(Seconds duration);

    /// Sends so many, and waits for all answers.
    void publish(std::uint64_t count);

    /// All messages that were ever answered by SENT.
    [[nodiscard]] std::uint64_t sent() const { return counter_.sent(); }

  private:
    struct Limit {
        std::uint64_t messages = std::numeric_limits<std::uint64_t>::max();
        Clock::time_point end = Clock::time_point::max();
    };
    void run(const Limit& limit);
    void send(std::uint64_t count);
    void receive();

    Connection connection_;
    FrameCounter counter_;
    std::uint64_t window_;
    std::uint64_t seq_ = 0;
    std::string out_;
    std::vector<char> in_;
};

}  // namespace belfry::bench
