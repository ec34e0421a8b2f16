#pragma once

#include "shm/log_lock.hpp"
#include "shm/segment.hpp"
#include "shm/session.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace belfry::shm {

/// How a message becomes a record: a head, the body, a tail. The log does not know what they say;
/// store/log_record.hpp has the format of the server.
struct RecordFormat {
    static constexpr std::size_t max_head = 128;

    /// Writes the head and returns its length, at most max_head.
    std::size_t (*print_head)(std::span<char> out, std::uint64_t id, std::string_view sender,
                              std::uint64_t time_ms, std::size_t body_bytes) noexcept;
    std::string_view tail;
};

struct NewMessage {
    std::uint64_t seq;  ///< 0: the highest accepted one plus one
    std::string_view body;
};

enum class Outcome : std::uint8_t {
    appended,
    duplicate,  ///< its seq is not above the highest accepted one
    bad_seq,    ///< too far above it (is_too_far()); or seq 0, and no higher one is left
    log_full,   ///< the log has reached max_id, and takes no further message
};

/// Appends the messages of one session. By its child's appending thread alone.
class LogWriter {
  public:
    LogWriter(Segment& segment, const Session& session, RecordFormat format) noexcept;

    struct Result {
        /// How many of the messages, from the first on, were decided. Fewer than given where a
        /// batch is full, or where one that is not appended stands before one that would be: its
        /// answer has to come first. Call again with the rest.
        std::size_t decided = 0;
        /// The session is no longer its client's (9): nothing was appended.
        bool fenced = false;
        /// Nothing more fits until the archiver has stored what is there (4): wait_for_space().
        bool no_space = false;
        /// The id of the last one appended; 0: none was.
        std::uint64_t last_id = 0;
        /// The end of the log behind this call: what a duplicate repeats lies at or before it.
        std::uint64_t end_id = 0;
    };

    /// Decides and appends messages under one lock, with one commit (1), and wakes the readers.
    /// @param outcomes as many as there are messages
    [[nodiscard]] Result append(std::span<const NewMessage> messages,
                                std::span<Outcome> outcomes) noexcept;

    /// Waits until the archiver has stored something since the last append, or the deadline.
    void wait_for_space(Condition::Clock::time_point deadline) noexcept;

    /// A record of the largest payload must fit a batch.
    [[nodiscard]] static bool payload_fits(std::uint64_t ring_bytes,
                                           std::uint64_t max_payload) noexcept;

  private:
    struct Batch;

    [[nodiscard]] Result append_locked(std::span<const NewMessage> messages,
                                       std::span<Outcome> outcomes) noexcept;
    [[nodiscard]] static Outcome judge(const Batch& batch, const NewMessage& message) noexcept;
    [[nodiscard]] bool add(Batch& batch, const NewMessage& message, Outcome& outcome) noexcept;
    [[nodiscard]] bool make_room(Batch& batch, std::uint64_t record_bytes) noexcept;
    void commit(const Batch& batch) noexcept;
    [[nodiscard]] std::uint64_t max_first_id() noexcept;

    Segment* segment_;
    const Session* session_;
    RecordFormat format_;
    LogLock lock_;
    std::string_view sender_;
    std::uint64_t stored_seen_ = 0;  ///< stored_id, as the last append saw it
};

}  // namespace belfry::shm
