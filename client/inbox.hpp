#pragma once

#include "wire/frame.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace belfry::client {

/// Which messages have been seen in this run, and which may be acknowledged.
class Inbox {
  public:
    /// @param count how many messages to take; none: all
    explicit Inbox(std::optional<std::uint64_t> count) noexcept : left_{count} {}

    /// A login has been accepted. True: the log is another one than that of the last login.
    [[nodiscard]] bool begin_session(const wire::Welcome& welcome);

    /// A message by somebody else. False: it is not to be printed, since it has been printed
    /// before or enough have been.
    [[nodiscard]] bool take(std::uint64_t id) noexcept;

    /// Ids up to this one hold no message by somebody else (SENT, GAP). False: nothing new.
    bool pass(std::uint64_t id) noexcept;

    /// Whether as many messages have been taken as were asked for.
    [[nodiscard]] bool is_full() const noexcept { return left_ == 0; }

    /// The id to acknowledge on this connection; none where that has been done. What has been
    /// taken must have been printed.
    [[nodiscard]] std::optional<std::uint64_t> take_ack() noexcept;

  private:
    std::optional<std::uint64_t> left_;
    std::string epoch_;
    std::uint64_t seen_ = 0;   // everything up to this id has been taken or passed
    std::uint64_t acked_ = 0;  // what the server knows of it
};

}  // namespace belfry::client
