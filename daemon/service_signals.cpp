#include "daemon/service_signals.hpp"

#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>

namespace belfry {
inline namespace daemon {
namespace {

constexpr std::array handled_signals{SIGTERM, SIGINT, SIGHUP, SIGCHLD};

base::UniqueFd take_signals() noexcept {
    sigset_t ours;
    ::sigemptyset(&ours);
    for (const int signal : handled_signals) ::sigaddset(&ours, signal);
    ::sigprocmask(SIG_BLOCK, &ours, nullptr);
    static_cast<void>(::signal(SIGPIPE, SIG_IGN));
    return base::UniqueFd{::signalfd(-1, &ours, SFD_CLOEXEC | SFD_NONBLOCK)};
}

}  // namespace

ServiceSignals::ServiceSignals() noexcept : signals_{take_signals()} {}

ServiceSignals::Pending ServiceSignals::read() const noexcept {
    // At most one of each kind is pending. Signals that arrive after this read cause another event.
    std::array<signalfd_siginfo, handled_signals.size()> infos{};
    const ssize_t bytes = ::read(signals_.get(), infos.data(), sizeof infos);
    const auto count = static_cast<std::size_t>(std::max<ssize_t>(bytes, 0)) / sizeof infos[0];
    Pending pending;
    for (const signalfd_siginfo& info : std::span{infos}.first(count)) {
        const auto signal = static_cast<int>(info.ssi_signo);
        if (signal == SIGHUP) {
            pending.reload = true;
        } else if (signal != SIGCHLD && pending.termination == 0) {
            pending.termination = signal;
        }
    }
    return pending;
}

}  // namespace daemon
}  // namespace belfry
