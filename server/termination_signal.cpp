#include "server/termination_signal.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>

#include <cerrno>
#include <system_error>

namespace belfry::server {

TerminationSignal::TerminationSignal() {
    sigset_t sigterm;
    ::sigemptyset(&sigterm);
    ::sigaddset(&sigterm, SIGTERM);
    ::sigprocmask(SIG_BLOCK, &sigterm, nullptr);
    signals_ = base::UniqueFd{::signalfd(-1, &sigterm, SFD_CLOEXEC | SFD_NONBLOCK)};
    if (!signals_) throw std::system_error{errno, std::generic_category(), "signalfd"};
}

bool TerminationSignal::came() const noexcept {
    pollfd signals{signals_.get(), POLLIN, 0};
    return ::poll(&signals, 1, 0) == 1;
}

}  // namespace belfry::server
