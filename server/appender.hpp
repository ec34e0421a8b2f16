#pragma once

#include "server/outbox_writer.hpp"
#include "server/session_context.hpp"
#include "shm/log_writer.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace belfry::server {

/// Appends the messages of a session's client to the log, or in a cluster to the outbox. It
/// collects the complete messages of one read and appends them together, applies backpressure while
/// the delivery is behind or the log is full, and answers messages that were not appended. Only the
/// input thread uses it.
class Appender {
  public:
    /// @param context outlives the object
    explicit Appender(SessionContext& context);

    /// Takes a message, which append_pending() will append. While the store fails, a new message is
    /// refused at once.
    /// @param message its body must stay valid until append_pending() returns
    void add(const shm::NewMessage& message);

    /// Appends everything that is pending, under one lock and with one commit, and decides the
    /// answers. It may wait for the delivery or for space in the ring, and returns early if the
    /// loop ends.
    void append_pending();

    /// Waits while the delivery is more than half a ring behind. This is the backpressure for a
    /// client that sends a flood and does not read: its input stays in TCP's buffers.
    void wait_for_delivery();

    /// In a cluster: waits until all messages of this session have their ids. It does so even if
    /// the loop has ended.
    /// @return false if SIGTERM came before that, or a later login, which may have made the cluster
    /// drop messages
    [[nodiscard]] bool wait_until_applied();

    /// Returns the id of the newest message that was appended, or 0 if none was. In a cluster it
    /// may be a higher one, and is known only after wait_until_applied().
    [[nodiscard]] std::uint64_t last_appended() const noexcept { return last_appended_; }

  private:
    [[nodiscard]] bool is_refused(std::uint64_t seq) const noexcept;
    void refuse(std::uint64_t seq);
    void answer_refused(std::uint64_t seq);
    [[nodiscard]] std::size_t append_from(std::size_t done);
    /// What became of a part of the pending messages.
    struct Appended {
        std::size_t decided = 0;
        /// A duplicate repeats what lies up to here: an id, or in a cluster a position in the
        /// outbox.
        std::uint64_t end = 0;
        bool fenced = false;
        bool no_space = false;
    };
    [[nodiscard]] Appended append_to_log(std::span<const shm::NewMessage> messages,
                                         std::span<shm::Outcome> outcomes);
    [[nodiscard]] Appended append_to_outbox(std::span<const shm::NewMessage> messages,
                                            std::span<shm::Outcome> outcomes);
    [[nodiscard]] std::size_t handle_no_space(std::size_t done);
    void answer_outcomes(std::size_t first, std::size_t count);
    [[nodiscard]] bool delivery_is_behind() const noexcept;
    [[nodiscard]] bool is_shown(std::uint64_t end) const noexcept;
    [[nodiscard]] bool wait_until_shown(std::uint64_t end);
    void wait_for_space();

    shm::Segment* segment_;
    shm::Session* session_;
    SessionLoop* loop_;
    DeliveryState* delivery_;
    shm::LogWriter log_;
    OutboxWriter outbox_;  ///< used instead in a cluster
    std::vector<shm::NewMessage> pending_;
    std::vector<shm::Outcome> outcomes_;
    std::uint64_t last_appended_ = 0;
    // In a cluster:
    std::uint64_t last_seq_ = 0;    ///< of this session's messages; 0: there are none
    std::uint64_t outbox_end_ = 0;  ///< the position after them
    std::uint64_t head_seen_ = 0;   ///< the outbox's head, as the last append saw it
    /// The lowest seq that was refused with `store-failed`. Until the client sends it again, no
    /// higher seq is accepted.
    std::optional<std::uint64_t> refused_seq_;
};

}  // namespace belfry::server
