#include "base/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <string>
#include <string_view>

namespace belfry::base {
namespace {

/// The fields of /proc/PID/stat that are used here (proc(5)).
struct Stat {
    char state;
    std::uint64_t start_time;
};

constexpr int fields_from_state_to_start_time = 19;

std::optional<Stat> parse_stat(std::string_view text) noexcept {
    // The command name may contain spaces and parentheses, so counting starts after the last ')'.
    const std::size_t name_end = text.rfind(')');
    if (name_end == std::string_view::npos || name_end + 3 > text.size()) return {};
    Stat stat{text[name_end + 2], 0};
    std::size_t at = name_end + 2;
    for (int field = 0; field < fields_from_state_to_start_time; ++field) {
        at = text.find(' ', at);
        if (at == std::string_view::npos) return {};
        ++at;
    }
    const auto [end, error] =
        std::from_chars(text.data() + at, text.data() + text.size(), stat.start_time);
    if (error != std::errc{}) return {};
    return stat;
}

std::optional<Stat> stat_of(pid_t pid) noexcept {
    const std::string path = "/proc/" + std::to_string(pid) + "/stat";
    const UniqueFd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!file) return {};
    std::array<char, 1024> text{};
    const ssize_t length = ::read(file.get(), text.data(), text.size());
    if (length <= 0) return {};
    return parse_stat({text.data(), static_cast<std::size_t>(length)});
}

/// Tells whether this process may signal the other one. All processes of a server run as one user,
/// so a process that may not be signalled is not part of it, whatever the segment says.
bool may_be_signalled(const UniqueFd& pidfd) noexcept {
    return ::syscall(SYS_pidfd_send_signal, pidfd.get(), 0, nullptr, 0) == 0 || errno != EPERM;
}

}  // namespace

std::optional<std::uint64_t> start_time_of(pid_t pid) noexcept {
    const auto stat = stat_of(pid);
    if (!stat) return {};
    return stat->start_time;
}

bool is_stopped(pid_t pid) noexcept {
    const auto stat = stat_of(pid);
    return stat && stat->state == 'T';
}

UniqueFd open_pidfd(pid_t pid) noexcept {
    return UniqueFd{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))};
}

UniqueFd open_process(ProcessId process) noexcept {
    UniqueFd pidfd = open_pidfd(process.pid);
    if (!pidfd) return {};
    const auto stat = stat_of(process.pid);
    const bool same = stat && stat->start_time == process.start_time && stat->state != 'Z';
    return same && may_be_signalled(pidfd) ? std::move(pidfd) : UniqueFd{};
}

std::uint64_t raise_descriptor_limit(std::uint64_t needed) noexcept {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    const rlimit raised{std::max<rlim_t>(limit.rlim_max, needed),
                        std::max<rlim_t>(limit.rlim_max, needed)};
    if (raised.rlim_max > limit.rlim_max && ::setrlimit(RLIMIT_NOFILE, &raised) == 0) {
        return raised.rlim_cur;
    }
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur;
}

void send_signal(const UniqueFd& pidfd, int signal) noexcept {
    ::syscall(SYS_pidfd_send_signal, pidfd.get(), signal, nullptr, 0);
}

bool wait_for_end(const UniqueFd& pidfd, std::chrono::steady_clock::time_point deadline) noexcept {
    while (true) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(
            deadline - std::chrono::steady_clock::now());
        pollfd end{pidfd.get(), POLLIN, 0};
        const int ready =
            ::poll(&end, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
        if (ready != -1 || errno != EINTR) return ready == 1;
    }
}

bool end_process(const UniqueFd& pidfd, std::chrono::milliseconds term_timeout) noexcept {
    using Clock = std::chrono::steady_clock;
    constexpr std::chrono::seconds kill_timeout{10};
    send_signal(pidfd, SIGTERM);
    if (wait_for_end(pidfd, Clock::now() + term_timeout)) return true;
    send_signal(pidfd, SIGKILL);
    return wait_for_end(pidfd, Clock::now() + kill_timeout);
}

}  // namespace belfry::base
