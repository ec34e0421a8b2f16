#include "ctl/follow.hpp"

#include "base/process.hpp"
#include "cli/standard_streams.hpp"
#include "ctl/end_signals.hpp"
#include "ctl/liveness.hpp"
#include "ctl/log_printer.hpp"
#include "ctl/refusal.hpp"
#include "ctl/write_lines.hpp"
#include "shm/process_entry.hpp"

#include <poll.h>
#include <signal.h>

#include <chrono>
#include <string>
#include <utility>

namespace belfry::ctl {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int look_ms = 50;

/// Where the supervisor is dead its sessions may go on for a while.
constexpr std::chrono::seconds alive_look{1};

/// Whether any process of the segment's server lives.
class ServerLife {
  public:
    explicit ServerLife(const shm::Segment& segment) : segment_{segment} { watch(); }

    /// -1: no supervisor lives.
    [[nodiscard]] int fd() const noexcept { return supervisor_.get(); }

    [[nodiscard]] bool goes_on() {
        if (supervisor_ && !base::wait_for_end(supervisor_, Clock::now())) return true;
        supervisor_.reset();
        if (Clock::now() < next_look_) return true;
        next_look_ = Clock::now() + alive_look;
        watch();  // another one may have taken over
        return supervisor_ || is_anybody_alive(segment_);
    }

  private:
    void watch() { supervisor_ = shm::open_named(segment_.process(shm::supervisor_entry)).pidfd; }

    const shm::Segment& segment_;
    base::UniqueFd supervisor_;
    Clock::time_point next_look_;
};

void print_missed(LogPosition& position) {
    const std::uint64_t missed = std::exchange(position.missed, 0);
    if (missed == 0) return;
    cli::warn("belfryctl",
              std::to_string(missed) + " messages had left the ring before they were read");
}

}  // namespace

void follow_log(const shm::Segment& segment, LineForm form) {
    take_end_signals({SIGINT, SIGTERM});
    ServerLife life{segment};
    LogPosition position = start_of(segment);
    bool is_read = true;
    const auto print = [&is_read](std::string_view lines) {
        is_read = write_lines(lines);
        return is_read && !is_to_end();
    };
    bool last_look = false;
    while (true) {
        if (!print_news(print, segment, form, position)) throw Refusal{"the log is broken"};
        print_missed(position);
        if (last_look || !is_read) return;
        pollfd end{life.fd(), POLLIN, 0};
        ::poll(&end, 1, look_ms);
        // What came before the end is printed all the same.
        last_look = is_to_end() || !life.goes_on();
    }
}

}  // namespace belfry::ctl
