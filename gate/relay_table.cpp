#include "gate/relay_table.hpp"

#include "daemon/logger.hpp"
#include "gate/relay_process.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>
#include <utility>

namespace belfry::gate {
namespace {

using admission::Source;
using Verdict = admission::SourceLimits::Verdict;

base::UnixAddress address_of(const std::filesystem::path& socket) {
    if (auto address = base::UnixAddress::of(socket)) return *std::move(address);
    throw std::system_error{errno, std::generic_category(), socket};
}

void log_death(const base::Endpoint& peer, int status) {
    const std::string how = WIFSIGNALED(status)
                                ? "was killed by signal " + std::to_string(WTERMSIG(status))
                                : "exited with status " + std::to_string(WEXITSTATUS(status));
    log_event(LogLevel::warning, "relay for " + to_string(peer) + " " + how);
}

}  // namespace

RelayTable::RelayTable(const std::filesystem::path& socket)
    : belfryd_{address_of(socket)}, sandbox_{sandbox::ProcessKind::relay, {}} {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) {
        throw std::system_error{errno, std::generic_category(), "pipe"};
    }
    logins_ = base::UniqueFd{ends[0]};
    login_input_ = base::UniqueFd{ends[1]};
}

RelayTable::Start RelayTable::start(admission::Waiting& connection, Credentials* credentials,
                                    const WebSettings* web, base::TimePoint now) {
    const bool is_unlimited = is_proxy(connection.peer, web);
    const Verdict verdict =
        is_unlimited ? Verdict::yes : limits_.may_fork(Source{connection.peer}, now);
    if (verdict == Verdict::later) return Start::later;
    RelayHeritage heritage{.client = std::move(connection.socket),
                           .session = {},
                           .peer = connection.peer,
                           .logins = login_input_.get(),
                           .credentials = credentials,
                           .web = web,
                           .sandbox = &sandbox_};
    if (verdict == Verdict::no) return Start::refused;
    heritage.session = connect();
    // A browser gets the page even while nobody can log in.
    const pid_t pid = heritage.session || web != nullptr ? spawn_relay(heritage) : -1;
    if (pid == -1) {
        log_event(LogLevel::debug,
                  "cannot serve " + to_string(connection.peer) + ": " + std::strerror(errno));
        if (!is_unlimited) limits_.gave_up(Source{connection.peer});
        return Start::refused;
    }
    relays_.emplace(pid, Relay{.peer = connection.peer, .is_decided = is_unlimited});
    return Start::done;
}

/// Connects to belfryd without waiting. @return empty with errno if nobody accepts there, or if too
/// many connections wait there already
base::UniqueFd RelayTable::connect() const noexcept {
    base::UniqueFd socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (!socket) return {};
    const bool connected = ::connect(socket.get(), belfryd_.data(), base::UnixAddress::size()) == 0;
    return connected ? std::move(socket) : base::UniqueFd{};
}

void RelayTable::read_logins(base::TimePoint now) {
    std::array<pid_t, 64> pids{};
    const ssize_t bytes = ::read(logins_.get(), pids.data(), sizeof pids);
    for (ssize_t at = 0; at < bytes / static_cast<ssize_t>(sizeof pids[0]); ++at) {
        const auto found = relays_.find(pids[static_cast<std::size_t>(at)]);
        if (found == relays_.end() || std::exchange(found->second.is_decided, true)) continue;
        limits_.logged_in(Source{found->second.peer}, now);
    }
}

void RelayTable::reap(base::TimePoint now) {
    read_logins(now);
    int status = 0;
    for (pid_t pid = 0; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;) bury(pid, status, now);
}

void RelayTable::bury(pid_t pid, int status, base::TimePoint now) {
    const auto relay = relays_.extract(pid);
    if (relay.empty()) return;
    const base::Endpoint& peer = relay.mapped().peer;
    const bool has_failed = WIFEXITED(status) && WEXITSTATUS(status) == exit_client_refused;
    if (status != 0 && !has_failed) log_death(peer, status);
    if (relay.mapped().is_decided) return;
    if (has_failed) {
        limits_.failed(Source{peer}, now);
    } else {
        limits_.gave_up(Source{peer});
    }
}

}  // namespace belfry::gate
