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

    /// Begins after an accepted login. @return true: the log is not that of the last login
    [[nodiscard]] bool begin_session(const wire::Welcome& welcome);

    /// Takes a message by another client. @return false: do not show it, because it has been shown
    /// before, or as many have been taken as were asked for
    [[nodiscard]] bool take(std::uint64_t id) noexcept;

    /// Passes the ids up to this one, which hold no message by another client (SENT, GAP).
    /// @return false: they had been passed before
    bool pass(std::uint64_t id) noexcept;

    /// Whether as many messages have been taken as were asked for.
    [[nodiscard]] bool is_full() const noexcept { return left_ == 0; }

    /// The id to acknowledge on this connection; none if it has been acknowledged. Everything that
    /// has been taken must have been stored or shown.
    [[nodiscard]] std::optional<std::uint64_t> take_ack() noexcept;

  private:
    std::optional<std::uint64_t> left_;
    std::string epoch_;
    std::uint64_t seen_ = 0;   // everything up to this id has been taken or passed
    std::uint64_t acked_ = 0;  // what the server knows of it
};

}  // namespace belfry::client
