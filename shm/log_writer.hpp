#pragma once

#include "shm/log_lock.hpp"
#include "shm/segment.hpp"
#include "shm/session.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace belfry::shm {

class LogBatch;

/// Describes how a message becomes a record: a head, the body and a tail. The log does not
/// interpret them; store/log_record.hpp has the format of the server.
struct RecordFormat {
    static constexpr std::size_t max_head = 128;

    /// Writes the head and returns its length, at most max_head.
    std::size_t (*print_head)(std::span<char> out, std::uint64_t id, std::string_view sender,
                              std::uint64_t time_ms, std::size_t body_bytes) noexcept;
    std::string_view tail;
};

/// A batch takes at most one quarter of the ring and of the index (1).
inline constexpr std::uint64_t batch_part = 4;

struct NewMessage {
    std::uint64_t seq;  ///< 0: the highest accepted seq plus one
    std::string_view body;
};

enum class Outcome : std::uint8_t {
    appended,
    duplicate,  ///< its seq is not above the highest accepted seq
    bad_seq,    ///< its seq is too far above that (is_too_far()), or 0 and no higher seq is left
    log_full,   ///< the log has reached max_id and accepts no further message
};

/// Decides about a message by its seq. @param last_seq the highest accepted seq of its client
/// @return appended if the message may be appended
[[nodiscard]] Outcome judge(std::uint64_t last_seq, const NewMessage& message) noexcept;

/// Appends the messages of one session. Only the child's appending thread uses it.
class LogWriter {
  public:
    LogWriter(Segment& segment, const Session& session, RecordFormat format) noexcept;

    struct Result {
        /// How many messages, from the first on, were decided. The rest is undecided if the batch
        /// is full, or if a refused message comes before one that could be appended, because the
        /// refusal must be answered first. Call append() again with the rest.
        std::size_t decided = 0;
        /// A later login has taken over (9), and nothing was appended.
        bool fenced = false;
        /// Nothing more fits until the archiver has stored older messages (4); see
        /// wait_for_space().
        bool no_space = false;
        /// The id of the last message appended; 0: none was.
        std::uint64_t last_id = 0;
        /// The last id of the log after this call. A duplicate repeats a message at or below it.
        std::uint64_t end_id = 0;
    };

    /// Decides and appends messages under one lock, with one commit (1), and wakes the readers.
    /// @param outcomes as many as there are messages
    [[nodiscard]] Result append(std::span<const NewMessage> messages,
                                std::span<Outcome> outcomes) noexcept;

    /// Waits until the archiver has stored something since the last append, or until the deadline.
    void wait_for_space(Condition::Clock::time_point deadline) noexcept;

    /// Tells whether a record with the largest payload fits into a batch.
    [[nodiscard]] static bool payload_fits(std::uint64_t ring_bytes,
                                           std::uint64_t max_payload) noexcept;

  private:
    [[nodiscard]] Result append_locked(std::span<const NewMessage> messages,
                                       std::span<Outcome> outcomes) noexcept;
    void add(LogBatch& batch, std::uint64_t& last_seq, std::span<const NewMessage> messages,
             std::span<Outcome> outcomes, Result& result) noexcept;
    [[nodiscard]] std::uint64_t max_first_id() noexcept;

    Segment* segment_;
    const Session* session_;
    RecordFormat format_;
    LogLock lock_;
    std::string_view sender_;
    std::uint64_t stored_seen_ = 0;  ///< stored_id, as the last append saw it
};

}  // namespace belfry::shm
