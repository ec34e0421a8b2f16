#include "terminal/terminal_signals.hpp"

#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <system_error>

namespace belfry::terminal {
namespace {

sigset_t set_of(std::initializer_list<int> numbers) {
    sigset_t set;
    ::sigemptyset(&set);
    for (const int number : numbers) ::sigaddset(&set, number);
    return set;
}

sigset_t ours() {
    return set_of({SIGWINCH, SIGTSTP, SIGCONT});
}

}  // namespace

TerminalSignals::TerminalSignals() {
    const sigset_t set = ours();
    ::sigprocmask(SIG_BLOCK, &set, nullptr);
    fd_ = base::UniqueFd{::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)};
    if (!fd_) throw std::system_error{errno, std::generic_category(), "cannot handle signals"};
}

TerminalSignals::~TerminalSignals() {
    const sigset_t set = ours();
    ::sigprocmask(SIG_UNBLOCK, &set, nullptr);
}

TerminalSignals::Came TerminalSignals::take() const {
    Came came;
    signalfd_siginfo info{};
    while (::read(fd(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
        (info.ssi_signo == SIGTSTP ? came.stop : came.resize) = true;
    }
    return came;
}

void TerminalSignals::stop() {
    const sigset_t set = set_of({SIGTSTP});
    static_cast<void>(std::raise(SIGTSTP));
    // It is delivered here. Where nobody could let the process go on, the kernel ignores it.
    ::sigprocmask(SIG_UNBLOCK, &set, nullptr);
    ::sigprocmask(SIG_BLOCK, &set, nullptr);
}

}  // namespace belfry::terminal
