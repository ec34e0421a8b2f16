#pragma once

#include "bench/support/connection.hpp"
#include "bench/support/wait.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace belfry::bench {

/// The size of each message that a publisher sends.
inline constexpr std::size_t payload_size = 64;

/// Sends messages, and keeps a number of them unanswered: for the answers that one read brings, it
/// sends as many new messages at once. The derived class defines the format of the messages.
class WindowedPublisher {
  public:
    /// @param window messages in flight, at least 1
    WindowedPublisher(std::uint16_t port, std::uint64_t window);
    WindowedPublisher(const WindowedPublisher&) = delete;
    WindowedPublisher& operator=(const WindowedPublisher&) = delete;
    virtual ~WindowedPublisher() = default;

    /// Sends for this time, and then waits for all answers. Returns the messages per second up to
    /// the last answer.
    double rate_over(Seconds duration);

    /// Sends `count` messages, and waits for all answers.
    void publish(std::uint64_t count);

    /// Returns how many messages have been answered since the start.
    [[nodiscard]] std::uint64_t answered() const { return answered_; }

  protected:
    /// Appends one message.
    virtual void print(std::string& out) = 0;

    /// Returns how many messages are answered by these bytes, which come in any pieces.
    virtual std::uint64_t answers_in(std::string_view bytes) = 0;

    [[nodiscard]] const Connection& connection() const { return connection_; }

  private:
    struct Limit {
        std::uint64_t messages = std::numeric_limits<std::uint64_t>::max();
        Clock::time_point end = Clock::time_point::max();
    };
    void run(const Limit& limit);
    void send(std::uint64_t count);
    void receive();

    Connection connection_;
    std::uint64_t window_;
    std::uint64_t sent_ = 0;
    std::uint64_t answered_ = 0;
    std::string out_;
    std::vector<char> in_;
};

}  // namespace belfry::bench
