#include "terminal/signals.hpp"

#include "base/unique_fd.hpp"
#include "terminal/terminal_modes.hpp"

#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <system_error>

namespace belfry::terminal {
namespace {

volatile sig_atomic_t came = 0;
volatile sig_atomic_t wake_fd = -1;

extern "C" void on_signal(int number) {
    const int saved_errno = errno;
    if (came != 0) {
        TerminalModes::restore();
        ::_exit(128 + number);
    }
    came = number;
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(wake_fd, &one, sizeof one);
    errno = saved_errno;
}

// SIGQUIT ends the program as usual, but with the terminal's modes restored. SA_RESETHAND has
// restored the default action, which is taken when this handler returns.
extern "C" void on_quit(int number) {
    TerminalModes::restore();
    static_cast<void>(::raise(number));
}

// The descriptor is static because the handler can run until the process ends.
const base::UniqueFd& wake() {
    static const base::UniqueFd fd{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    return fd;
}

void handle(int number, void (*handler)(int), int flags = 0) {
    struct sigaction action {};
    action.sa_handler = handler;
    action.sa_flags = flags;
    if (::sigaction(number, &action, nullptr) != 0) {
        throw std::system_error{errno, std::generic_category(), "cannot handle signals"};
    }
}

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

TerminationSignal::TerminationSignal(bool at_terminal) : fd_{wake().get()} {
    if (fd_ < 0) throw std::system_error{errno, std::generic_category(), "cannot handle signals"};
    wake_fd = fd_;
    // At a terminal the program may continue after Ctrl-C. Without SA_RESTART an interrupted write
    // would leave stdout in its error state.
    handle(SIGINT, on_signal, at_terminal ? SA_RESTART : 0);
    handle(SIGTERM, on_signal);
    if (at_terminal) {
        handle(SIGHUP, on_signal);
        handle(SIGQUIT, on_quit, static_cast<int>(SA_RESETHAND));
    }
    handle(SIGPIPE, SIG_IGN);
}

std::optional<int> TerminationSignal::number() noexcept {
    if (came == 0) return std::nullopt;
    return came;
}

void TerminationSignal::forget() const noexcept {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto taken = ::read(fd_, &count, sizeof count);
    came = 0;
}

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
    static_cast<void>(::raise(SIGTSTP));
    // Unblocking delivers the signal. The kernel ignores it if no shell could continue the process.
    ::sigprocmask(SIG_UNBLOCK, &set, nullptr);
    ::sigprocmask(SIG_BLOCK, &set, nullptr);
}

}  // namespace belfry::terminal
