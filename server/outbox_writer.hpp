#pragma once

#include "shm/log_lock.hpp"
#include "shm/log_writer.hpp"
#include "shm/session.hpp"

#include <cstdint>
#include <span>

namespace belfry::server {

/// Appends the messages of one session to the outbox of a node of a cluster, in the place of
/// shm::LogWriter. They become messages of the log when the replica applies them; those of a
/// login that was replaced meanwhile never do. Only the input thread uses it.
class OutboxWriter {
  public:
    OutboxWriter(shm::Segment& segment, const shm::Session& session) noexcept;

    struct Result {
        std::size_t decided = 0;  ///< as of shm::LogWriter::Result
        bool fenced = false;      ///< a later login has taken over (15)
        bool no_space = false;    ///< nothing more fits until the replica has applied entries
        /// The position after the last entry of this session; 0: nothing was appended.
        std::uint64_t end = 0;
        std::uint64_t last_seq = 0;  ///< of the last message that was appended
    };

    /// Decides messages by their seqs and appends them under one lock, with one commit, and wakes
    /// the replica.
    /// @param outcomes as many as there are messages
    [[nodiscard]] Result append(std::span<const shm::NewMessage> messages,
                                std::span<shm::Outcome> outcomes) noexcept;

  private:
    [[nodiscard]] Result append_locked(std::span<const shm::NewMessage> messages,
                                       std::span<shm::Outcome> outcomes) noexcept;

    shm::Segment* segment_;
    const shm::Session* session_;
    shm::LogLock lock_;
};

}  // namespace belfry::server
