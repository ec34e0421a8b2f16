#pragma once

#include "base/unique_fd.hpp"
#include "server/frame_writer.hpp"
#include "server/store_cursor.hpp"
#include "shm/condition.hpp"
#include "shm/log_reader.hpp"
#include "shm/session.hpp"

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace belfry::server {

/// How far the output thread is, for the input thread to see.
class DeliveryState {
  public:
    /// @throws std::system_error where no descriptor is left
    DeliveryState();

    /// By the output thread, and at the login: up to this id there is nothing more to hand over.
    void advance_to(std::uint64_t id) noexcept;
    /// By the output thread, or by the login: LIVE has been written, or is about to be.
    void set_live() noexcept;
    /// By the output thread: nothing more will be written.
    void end() noexcept;

    // These and the next are sequentially consistent: watch() must not be seen after them, nor
    // set_in_crowd() behind a look at awaits_sent().

    /// By the input thread, before it appends: what follows in the log may be the client's own.
    void set_sending() noexcept { last_own_.store(shm::max_id); }
    /// By the input thread, behind it: up to this id; 0: nothing is.
    void set_last_own(std::uint64_t id) noexcept { last_own_.store(id); }
    [[nodiscard]] bool sends() const noexcept { return last_own_.load() != 0; }
    /// Whether a SENT is still to come.
    [[nodiscard]] bool awaits_sent() const noexcept { return last_own_.load() > position_.load(); }

    /// By the output thread, around its waits: it is woken in its turn, not at once.
    void set_in_crowd(bool in_crowd) noexcept { in_crowd_.store(in_crowd); }
    [[nodiscard]] bool is_in_crowd() const noexcept { return in_crowd_.load(); }

    [[nodiscard]] std::uint64_t position() const noexcept { return position_.load(); }
    [[nodiscard]] bool is_live() const noexcept { return live_.load(); }
    [[nodiscard]] bool ended() const noexcept { return ended_.load(); }

    /// By the input thread: fd() is readable after the next change. Look at the state between
    /// this and the wait. The end makes it readable in any case.
    void watch() noexcept;
    [[nodiscard]] int fd() const noexcept { return event_.get(); }
    /// By the input thread: fd() has been readable, and is not any more.
    void drain() noexcept;

  private:
    void signal_if_watched() noexcept;
    void signal() noexcept;

    std::atomic<std::uint64_t> position_ = 0;
    std::atomic<bool> live_ = false;
    std::atomic<bool> ended_ = false;
    std::atomic<std::uint64_t> last_own_ = 0;
    std::atomic<bool> in_crowd_ = false;
    std::atomic<bool> watched_ = false;
    base::UniqueFd event_;
};

/// What a login asked for, and what it was told.
struct Subscription {
    std::uint64_t cursor = 0;
    std::uint64_t last = 0;  ///< the backlog ends here
    /// The end of the log, visible or not. Own records behind it are of this session.
    std::uint64_t end = 0;
    bool manual_ack = false;
    bool presence = false;

    [[nodiscard]] bool nothing_missed() const noexcept { return cursor >= last; }
};

/// The output thread of a session: waits on the log, reads it from its position, writes the
/// socket. It alone writes what is ordered: MSG, SENT, GAP, LIVE, ONLINE and OFFLINE (a LIVE right
/// behind WELCOME excepted).
class SessionOut {
  public:
    SessionOut(shm::Segment& segment, shm::Session& session, const Subscription& subscription,
               FrameWriter& output, DeliveryState& delivery, const std::filesystem::path& data_dir);

    enum class End {
        over,  ///< the connection broke, its last line was written, or a later login took over
        idle,  ///< nothing came for seconds behind something that was written
    };

    /// The thread's life. Behind `idle` it is to be called again, by this thread or another one.
    /// Throws nothing.
    [[nodiscard]] End run() noexcept;

  private:
    [[nodiscard]] End serve();
    void wait_anew() noexcept;
    [[nodiscard]] bool wait_for_news();
    [[nodiscard]] bool write(std::string_view frames) noexcept;
    [[nodiscard]] bool is_sender() const noexcept;
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
    StoreCursor past_;    ///< of what has left the ring
    std::string frames_;  ///< kept for its capacity
    std::uint64_t position_;
    bool live_;
    bool has_written_ = false;  ///< since the begin of run()
    shm::Condition::Clock::time_point wait_until_;
    bool is_busy_ = false;   ///< something was written since wait_until_ was set
    bool has_sent_ = false;  ///< own records were among the last ones
    std::uint32_t presence_seen_ = 0;
    std::vector<bool> online_;  ///< of each row, as last told
};

}  // namespace belfry::server
