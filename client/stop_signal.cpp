#include "client/stop_signal.hpp"

#include "client/fd.hpp"
#include "client/terminal_modes.hpp"

#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <system_error>

namespace belfry::client {
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

// Lives as long as the handler can run: as long as the process.
const Fd& wake() {
    static const Fd fd{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    return fd;
}

void handle(int number, void (*handler)(int)) {
    struct sigaction action {};
    action.sa_handler = handler;
    if (::sigaction(number, &action, nullptr) != 0) {
        throw std::system_error{errno, std::generic_category(), "cannot handle signals"};
    }
}

}  // namespace

StopSignal::StopSignal(bool hangup_too) : fd_{wake().get()} {
    if (fd_ < 0) throw std::system_error{errno, std::generic_category(), "cannot handle signals"};
    wake_fd = fd_;
    handle(SIGINT, on_signal);
    handle(SIGTERM, on_signal);
    if (hangup_too) handle(SIGHUP, on_signal);
    handle(SIGPIPE, SIG_IGN);
}

std::optional<int> StopSignal::number() noexcept {
    if (came == 0) return std::nullopt;
    return came;
}

void StopSignal::forget() const noexcept {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto taken = ::read(fd_, &count, sizeof count);
    came = 0;
}

}  // namespace belfry::client
