#include "ctl/follow.hpp"

#include "cli/standard_streams.hpp"
#include "ctl/liveness.hpp"
#include "ctl/log_printer.hpp"
#include "ctl/refusal.hpp"
#include "ctl/termination.hpp"

#include <poll.h>
#include <signal.h>

#include <string>
#include <utility>

namespace belfry::ctl {
namespace {

constexpr int poll_interval_ms = 50;

void print_missed(LogPosition& position) {
    const std::uint64_t missed = std::exchange(position.missed, 0);
    if (missed == 0) return;
    cli::warn("belfryctl",
              std::to_string(missed) + " messages left the ring before they could be read");
}

}  // namespace

void follow_log(const shm::Segment& segment, LineForm form) {
    catch_termination_signals({SIGINT, SIGTERM});
    ServerMonitor server{segment};
    LogPosition position = start_of(segment);
    bool is_read = true;
    const auto print = [&is_read](std::string_view lines) {
        is_read = write_interruptibly(lines);
        return is_read && !is_termination_requested();
    };
    bool is_last_pass = false;
    while (true) {
        if (!print_news(print, segment, form, position)) throw Refusal{"the log is damaged"};
        print_missed(position);
        if (is_last_pass || !is_read) return;
        pollfd end{server.fd(), POLLIN, 0};
        ::poll(&end, 1, poll_interval_ms);
        // One more pass prints the messages that came before the end.
        is_last_pass = is_termination_requested() || !server.is_server_alive();
    }
}

}  // namespace belfry::ctl
