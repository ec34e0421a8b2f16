#include "server/stop_signal.hpp"

#include <time.h>

#include <algorithm>

namespace belfry::server {
namespace {

volatile sig_atomic_t sigterm_came = 0;

void note_sigterm(int /*signal*/) {
    sigterm_came = 1;
}

}  // namespace

StopSignal::StopSignal() noexcept {
    sigset_t blocked;
    ::sigemptyset(&blocked);
    ::sigaddset(&blocked, SIGTERM);
    ::sigprocmask(SIG_BLOCK, &blocked, &while_waiting_);
    ::sigdelset(&while_waiting_, SIGTERM);

    struct sigaction action {};
    action.sa_handler = note_sigterm;
    ::sigaction(SIGTERM, &action, nullptr);
}

void StopSignal::wait(std::span<pollfd> descriptors,
                      std::chrono::steady_clock::time_point deadline) const noexcept {
    using std::chrono::nanoseconds;
    const nanoseconds left =
        std::max<nanoseconds>(deadline - std::chrono::steady_clock::now(), nanoseconds{0});
    const timespec timeout{static_cast<time_t>(left.count() / 1'000'000'000),
                           static_cast<long>(left.count() % 1'000'000'000)};
    if (::ppoll(descriptors.data(), descriptors.size(), &timeout, &while_waiting_) == -1) {
        for (pollfd& descriptor : descriptors) descriptor.revents = 0;
    }
}

bool StopSignal::came() const noexcept {
    return sigterm_came != 0;
}

}  // namespace belfry::server
