#pragma once

#include "server/session_context.hpp"
#include "shm/log_writer.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace belfry::server {

/// Appends to the log what the client of a session sends. It collects the complete messages of one
/// read and appends them together, holds the sender back while the delivery is behind or the log is
/// full, and answers what was not appended. By the input thread.
class Appender {
  public:
    /// @param context outlives the object
    explicit Appender(SessionContext& context);

    /// Takes a message, which append_pending() will append. It is refused at once while the store
    /// fails.
    /// @param message its body stays where it is until append_pending()
    void add(const shm::NewMessage& message);

    /// Appends everything that is pending, under one lock, with one commit, and decides the
    /// answers. Waits where it must; the end of the loop cuts it short.
    void append_pending();

    /// Waits while the delivery is half a ring behind: a client that floods and does not read is
    /// held back here, by TCP.
    void wait_for_delivery();

    /// The id of the newest message that was appended; 0: none was.
    [[nodiscard]] std::uint64_t last_appended() const noexcept { return last_appended_; }

  private:
    [[nodiscard]] bool is_refused(std::uint64_t seq) const noexcept;
    void refuse(std::uint64_t seq);
    void tell_refused(std::uint64_t seq);
    [[nodiscard]] std::size_t append_from(std::size_t done);
    [[nodiscard]] std::size_t handle_no_space(std::size_t done);
    void answer_outcomes(std::size_t first, std::size_t count);
    [[nodiscard]] bool delivery_is_behind() const noexcept;
    void wait_until_visible(std::uint64_t id);
    void wait_for_space();

    shm::Segment* segment_;
    shm::Session* session_;
    SessionLoop* loop_;
    DeliveryState* delivery_;
    shm::LogWriter writer_;
    std::vector<shm::NewMessage> pending_;
    std::vector<shm::Outcome> outcomes_;
    std::uint64_t last_appended_ = 0;
    /// Refused because the store failed: no later one is accepted before this one.
    std::optional<std::uint64_t> refused_seq_;
};

}  // namespace belfry::server
