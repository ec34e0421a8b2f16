#include "inspect/follow.hpp"

#include "cli/complain.hpp"
#include "inspect/log_printer.hpp"
#include "inspect/refusal.hpp"
#include "shm/data_directory.hpp"
#include "shm/process.hpp"
#include "shm/process_entry.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>

#include <array>
#include <chrono>
#include <ostream>
#include <string>
#include <utility>

namespace belfry::inspect {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int look_ms = 50;

/// Where the supervisor is dead its sessions may go on for a while.
constexpr std::chrono::seconds alive_look{1};

shm::UniqueFd take_end_signals() {
    sigset_t ends;
    ::sigemptyset(&ends);
    for (const int signal : {SIGINT, SIGTERM}) ::sigaddset(&ends, signal);
    ::sigprocmask(SIG_BLOCK, &ends, nullptr);
    return shm::UniqueFd{::signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK)};
}

/// Whether any process of the server lives.
class ServerLife {
  public:
    ServerLife(const std::filesystem::path& data_dir, const shm::Segment& segment)
        : data_dir_{data_dir}, segment_{segment} {
        watch();
    }

    /// -1: no supervisor lives.
    [[nodiscard]] int fd() const noexcept { return supervisor_.get(); }

    [[nodiscard]] bool goes_on() {
        if (supervisor_ && !shm::wait_for_end(supervisor_, Clock::now())) return true;
        supervisor_.reset();
        if (Clock::now() < next_look_) return true;
        next_look_ = Clock::now() + alive_look;
        watch();  // another one may have taken over
        return supervisor_ || shm::anybody_alive(data_dir_);
    }

  private:
    void watch() {
        const auto process = shm::process_in(segment_.process(shm::supervisor_entry));
        if (process) supervisor_ = shm::open_process(*process);
    }

    const std::filesystem::path& data_dir_;
    const shm::Segment& segment_;
    shm::UniqueFd supervisor_;
    Clock::time_point next_look_;
};

void say_missed(LogPosition& position) {
    const std::uint64_t missed = std::exchange(position.missed, 0);
    if (missed == 0) return;
    cli::complain("belfryctl",
                  std::to_string(missed) + " messages had left the ring before they were read");
}

}  // namespace

void follow_log(std::ostream& out, const std::filesystem::path& data_dir,
                const shm::FoundSegment& found) {
    const shm::UniqueFd signals = take_end_signals();
    ServerLife life{data_dir, found.segment};
    LogPosition position = start_of(found.segment);
    bool last_look = false;
    while (true) {
        if (!print_news(out, found.segment, position)) throw Refusal{"the log is broken"};
        out.flush();
        say_missed(position);
        if (last_look || !out) return;
        std::array<pollfd, 2> watched{pollfd{signals.get(), POLLIN, 0},
                                      pollfd{life.fd(), POLLIN, 0}};
        ::poll(watched.data(), watched.size(), look_ms);
        // What came before the end is printed all the same.
        last_look = watched[0].revents != 0 || !life.goes_on();
    }
}

}  // namespace belfry::inspect
