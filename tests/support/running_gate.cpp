#include "tests/support/running_gate.hpp"

#include "tests/support/deadline.hpp"
#include "tests/support/failure.hpp"
#include "tests/support/proc.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>

namespace belfry::test {
namespace {

/// Runs no other process.
constexpr uid_t limited_user = 61'236;

base::UniqueFd listen_on(const sockaddr* address, socklen_t size) {
    base::UniqueFd socket{::socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    if (!socket || ::bind(socket.get(), address, size) != 0 || ::listen(socket.get(), 100) != 0) {
        throw system_failure("listen");
    }
    return socket;
}

base::UniqueFd listen_on_loopback(std::uint16_t& port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    base::UniqueFd socket = listen_on(reinterpret_cast<const sockaddr*>(&address), sizeof address);
    socklen_t size = sizeof address;
    ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
    return socket;
}

base::UniqueFd listen_at(const std::filesystem::path& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string text = path.string();
    std::ranges::copy(text, address.sun_path);
    return listen_on(reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

void wait_for_input(int fd, const std::string& what) {
    pollfd ready{fd, POLLIN, 0};
    if (::poll(&ready, 1, Deadline{default_wait}.remaining_ms()) != 1) throw Failure{what};
}

}  // namespace

RunningGate::RunningGate(const KeyPair& server, std::vector<std::string> more, GateLimits limits)
    : server_{server},
      more_{std::move(more)},
      limits_{limits},
      listener_{listen_on_loopback(port_)},
      sessions_{listen_at(folder_.path() / "gate.sock")} {
    if (limits_.no_relays && ::geteuid() == 0) give_to_user();
    start();
}

RunningGate::RunningGate(GatePort kind, std::vector<std::string> more,
                         const std::optional<KeyPair>& server)
    : server_{server},
      kind_{kind},
      more_{std::move(more)},
      listener_{listen_on_loopback(port_)},
      sessions_{listen_at(folder_.path() / "gate.sock")} {
    start();
    if (const auto report = next_report(); !report.starts_with("ready ")) throw Failure{report};
}

RunningGate::~RunningGate() {
    gate_.reset();
    const auto relay_left = [this] {
        const auto left = relays();
        for (const pid_t pid : left) ::kill(pid, SIGKILL);
        return !left.empty();
    };
    static_cast<void>(eventually([&] { return !relay_left(); }));
}

/// Lets a user who is bound by the limit of processes, as root is not, read and use everything.
void RunningGate::give_to_user() {
    for (std::filesystem::path* const file : {&server_->certificate, &server_->key}) {
        std::filesystem::copy(*file, folder_.path() / file->filename());
        *file = folder_.path() / file->filename();
    }
    std::vector<std::filesystem::path> paths{folder_.path()};
    for (const auto& entry : std::filesystem::directory_iterator{folder_.path()}) {
        paths.push_back(entry.path());
    }
    for (const auto& path : paths) {
        if (::chown(path.c_str(), limited_user, limited_user) != 0) throw system_failure(path);
    }
}

void RunningGate::limit(Invocation& gate) const {
    std::vector<std::string> options;
    if (limits_.open_files != 0) {
        options.push_back("--nofile=" + std::to_string(limits_.open_files));
    }
    if (limits_.no_relays) {
        options.emplace_back("--nproc=1");
        if (::geteuid() == 0) gate.user = limited_user;
    }
    if (options.empty()) return;
    options.push_back(gate.program.string());
    gate.arguments.insert(gate.arguments.begin(), options.begin(), options.end());
    gate.program = "/usr/bin/prlimit";
}

void RunningGate::start() {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        throw system_failure("socketpair");
    }
    reports_ = base::UniqueFd{ends[0]};
    const base::UniqueFd supervisor{ends[1]};
    Invocation gate{.program = program("belfry-gate"),
                    .arguments = {"--gate-socket", folder_.path() / "gate.sock",
                                  kind_ == GatePort::tls ? "--tls-fd" : "--web-fd",
                                  std::to_string(listener_.get()), "--supervisor-fd",
                                  std::to_string(supervisor.get()), "--log-level", "debug",
                                  "--log-format", "text"},
                    .own_session = true,
                    .inherited = {listener_.get(), supervisor.get()}};
    if (server_) {
        gate.arguments.insert(gate.arguments.end(),
                              {"--tls-cert", server_->certificate, "--tls-key", server_->key});
    }
    // In the sandbox LeakSanitizer, which a gate may be built with, cannot look at the memory.
    gate.environment.emplace_back("ASAN_OPTIONS", "detect_leaks=0");
    gate.arguments.insert(gate.arguments.end(), more_.begin(), more_.end());
    limit(gate);
    gate_.emplace(gate);
    leaders_.push_back(gate_->pid());
}

std::string RunningGate::next_report() {
    const Deadline deadline{default_wait};
    for (;;) {
        if (const auto end = unread_.find('\n'); end != std::string::npos) {
            std::string line = unread_.substr(0, end);
            unread_.erase(0, end + 1);
            return line;
        }
        wait_for_input(reports_.get(), "no report: " + gate_->err());
        char buffer[4096];
        const ssize_t count = ::recv(reports_.get(), buffer, sizeof buffer, 0);
        if (count <= 0) throw Failure{"the gate has ended: " + gate_->err()};
        unread_.append(buffer, static_cast<std::size_t>(count));
    }
}

PlayedSession RunningGate::accept() {
    wait_for_input(sessions_.get(), "no relay: " + gate_->err());
    return PlayedSession{
        base::UniqueFd{::accept4(sessions_.get(), nullptr, nullptr, SOCK_CLOEXEC)}};
}

PlayedSession RunningGate::accept_client() {
    PlayedSession session = accept();
    static_cast<void>(session.read_header());
    return session;
}

std::vector<pid_t> RunningGate::relays() const {
    std::vector<pid_t> running;
    for (const ProcessInfo& process : processes()) {
        const bool is_gate = std::ranges::find(leaders_, process.pid) != leaders_.end();
        const bool is_ours = std::ranges::find(leaders_, process.session) != leaders_.end();
        if (is_ours && !is_gate && process.state != 'Z') running.push_back(process.pid);
    }
    return running;
}

}  // namespace belfry::test
