#pragma once

#include "server/session_context.hpp"
#include "server/store_cursor.hpp"
#include "shm/log_reader.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace belfry::server {

/// What a login asked for, and the answer that it got.
struct Subscription {
    shm::Session::Welcome welcome;
    /// The last id of the log at the login, visible or not. The client's own records above it are
    /// those of this session.
    std::uint64_t end = 0;
    bool manual_ack = false;
    bool presence = false;
};

/// The output thread of a session: welcomes the client, waits on the log, reads it from its
/// position, writes the socket. It alone writes what is ordered: WELCOME, MSG, SENT, GAP, LIVE,
/// ONLINE and OFFLINE.
class Delivery {
  public:
    /// @param context outlives the object
    Delivery(SessionContext& context, const Subscription& subscription);

    enum class End {
        over,  ///< the connection broke, its last line was written, or a later login took over
        idle,  ///< nothing came for seconds behind something that was written
    };

    /// The thread's life. Behind `idle` it is to be called again, by this thread or another one.
    /// Throws nothing.
    [[nodiscard]] End run() noexcept;

  private:
    [[nodiscard]] bool tell_welcome();
    [[nodiscard]] End serve();
    void wait_anew() noexcept;
    [[nodiscard]] bool wait_for_news();
    [[nodiscard]] bool write(std::string_view frames) noexcept;
    void release_buffers() noexcept;
    [[nodiscard]] bool deliver(std::uint64_t visible);
    [[nodiscard]] bool deliver_chunk(const shm::Chunk& chunk);
    [[nodiscard]] bool deliver_lost();
    [[nodiscard]] bool deliver_stored(std::uint64_t to);
    [[nodiscard]] bool tell_gap(std::uint64_t last_id);
    [[nodiscard]] bool advance_to(std::uint64_t id);
    [[nodiscard]] bool tell_live();
    [[nodiscard]] bool tell_presence();
    [[nodiscard]] bool presence_changed() const noexcept;

    shm::Segment* segment_;
    shm::Session* session_;
    Subscription subscription_;
    FrameWriter* output_;
    DeliveryState* delivery_;
    shm::LogReader reader_;
    StoreCursor store_;   ///< of what has left the ring
    std::string frames_;  ///< kept for its capacity
    std::uint64_t position_;
    bool live_;
    bool has_written_ = false;  ///< since the begin of run()
    shm::Condition::Clock::time_point wait_until_;
    bool is_busy_ = false;   ///< something was written since wait_until_ was set
    bool has_sent_ = false;  ///< own records were among the last ones
    std::optional<std::uint32_t> presence_seen_;  ///< none: the client does not watch presence
    std::vector<bool> online_;                    ///< of each row, as last told
};

}  // namespace belfry::server
