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

/// The options of a login, and the state of the log that its answer reports.
struct Subscription {
    shm::Session::Welcome welcome;
    /// The last id of the log at the login, visible or not. The client's own records above it are
    /// those of this session.
    std::uint64_t end = 0;
    bool manual_ack = false;
    bool presence = false;
};

/// The output thread of a session. It welcomes the client, waits for the log to grow, reads it from
/// the client's position, and writes the socket. Only this thread writes the frames whose order
/// matters: WELCOME, MSG, SENT, GAP, LIVE, ONLINE and OFFLINE.
class Delivery {
  public:
    /// @param context outlives the object
    Delivery(SessionContext& context, const Subscription& subscription);

    enum class End {
        over,  ///< the connection broke, its last line was written, or a later login took over
        idle,  ///< something was written, and then nothing came for seconds
    };

    /// Delivers until the delivery is over or idle. After `idle` this thread or another one must
    /// call it again.
    [[nodiscard]] End run() noexcept;

  private:
    [[nodiscard]] bool write_welcome();
    [[nodiscard]] End serve();
    void rearm_wait() noexcept;
    [[nodiscard]] bool wait_for_news();
    [[nodiscard]] bool write(std::string_view frames) noexcept;
    template <class Frame>
    [[nodiscard]] bool write_frame(const Frame& frame);
    void release_buffers() noexcept;
    [[nodiscard]] bool deliver(std::uint64_t visible);
    [[nodiscard]] bool deliver_chunk(const shm::Chunk& chunk);
    [[nodiscard]] bool deliver_overrun();
    [[nodiscard]] bool deliver_stored(std::uint64_t to);
    [[nodiscard]] bool write_gap(std::uint64_t last_id);
    [[nodiscard]] bool advance_to(std::uint64_t id);
    [[nodiscard]] bool write_live();
    [[nodiscard]] bool write_presence();
    [[nodiscard]] bool presence_changed() const noexcept;

    shm::Segment* segment_;
    shm::Session* session_;
    Subscription subscription_;
    FrameWriter* output_;
    DeliveryState* delivery_;
    shm::LogReader reader_;
    StoreCursor store_;   ///< reads messages that have left the ring
    std::string frames_;  ///< kept for its capacity
    std::uint64_t position_;
    bool live_;
    bool has_written_ = false;  ///< since run() was called
    shm::Condition::Clock::time_point wait_until_;
    bool is_busy_ = false;   ///< something was written since wait_until_ was set
    bool has_sent_ = false;  ///< the last chunk contained own records
    std::optional<std::uint32_t> presence_seen_;  ///< empty if the client does not watch presence
    std::vector<bool> online_;  ///< by row: the state that the client was last told
};

}  // namespace belfry::server
