#include "tests/support/running_server.hpp"

#include "tests/support/failure.hpp"
#include "tests/support/leftovers.hpp"

#include <sys/shm.h>
#include <sys/wait.h>

#include <algorithm>

namespace belfry::test {
namespace {

/// Time between two looks at the output. It is short, because a start can take only a few
/// milliseconds, and ready_after_ms() has to be exact.
constexpr std::chrono::microseconds pause{100};

constexpr std::string_view ready_line = "belfryd listening on 127.0.0.1:";

/// Returns the rest of a complete line after its beginning; empty if there is no such line.
std::string text_after(std::string_view beginning, const std::string& text) {
    if (!text.ends_with('\n')) return {};
    for (const std::string& line : lines_of(text)) {
        if (line.starts_with(beginning)) return line.substr(beginning.size());
    }
    return {};
}

std::uint16_t port_in(const std::string& text) {
    return text.empty() ? std::uint16_t{0} : static_cast<std::uint16_t>(std::stoul(text));
}

bool has(const std::vector<int>& numbers, int number) {
    return std::ranges::find(numbers, number) != numbers.end();
}

}  // namespace

RunningServer::RunningServer() {
    for (const auto& segment : segments()) not_ours_.push_back(segment.shmid);
}

RunningServer::~RunningServer() {
    kill_all();
    remove_segments();
    forget_ended_leaders();
}

void RunningServer::start(const Invocation& command, Milliseconds within) {
    forget_ended_leaders();
    const auto started = Clock::now();
    belfryd_.emplace(command);
    leaders_.push_back(belfryd_->pid());
    leftovers::remember_server(belfryd_->pid());
    wait_until_ready(started, within);
}

void RunningServer::wait_until_ready(Clock::time_point started, Milliseconds within) {
    const auto is_ready = [&] { return !text_after(ready_line, belfryd_->out()).empty(); };
    const auto is_decided = [&] { return is_ready() || !belfryd_->is_running(); };
    if (!eventually(is_decided, within, pause) || !is_ready()) {
        throw Failure("belfryd is not ready: " + belfryd_->out() + belfryd_->err());
    }
    ready_after_ms_ = milliseconds_since(started);

    const std::string out = belfryd_->out();
    port_ = port_in(text_after(ready_line, out));
    tls_port_ = port_in(text_after("belfryd tls on 127.0.0.1:", out));
    page_ = text_after("belfryd web on ", out);
}

std::uint16_t RunningServer::web_port() const {
    constexpr std::string_view host = "://127.0.0.1:";
    const std::size_t at = page_.find(host);
    return at == std::string::npos ? std::uint16_t{0} : port_in(page_.substr(at + host.size()));
}

int RunningServer::stop(Milliseconds within) {
    terminate();
    return belfryd_->wait(within);
}

void RunningServer::kill_supervisor() {
    belfryd_->signal(SIGKILL);
    belfryd_->wait();
}

/// Forgets the leaders whose process sessions have ended. The kernel may then reuse their pids, and
/// another server with such a pid must not be taken for one of ours.
void RunningServer::forget_ended_leaders() {
    const auto all = processes();
    const auto existing = segments();
    std::erase_if(leaders_, [&](pid_t leader) {
        if (std::ranges::find(all, leader, &ProcessInfo::session) != all.end() ||
            std::ranges::find(existing, leader, &SegmentInfo::creator) != existing.end()) {
            return false;
        }
        leftovers::forget_server(leader);
        return true;
    });
}

void RunningServer::kill_all() {
    // The supervisor must be killed first, because it would start other children.
    if (belfryd_) kill_supervisor();
    kill_children();
}

void RunningServer::kill_children() const {
    static_cast<void>(eventually([this] {
        const auto pids = all_processes();
        for (const pid_t pid : pids) ::kill(pid, SIGKILL);
        reap_orphans();
        return pids.empty();
    }));
}

/// Reaps the children of killed supervisors. They are children of this program if it has asked the
/// kernel for that (PR_SET_CHILD_SUBREAPER); otherwise there is nothing to reap. Each leader also
/// leads a process group.
void RunningServer::reap_orphans() const {
    for (const pid_t leader : leaders_) {
        while (::waitpid(-leader, nullptr, WNOHANG) > 0) {
        }
    }
}

void RunningServer::remove_segments() const {
    while (const auto found = segment()) {
        if (::shmctl(found->shmid, IPC_RMID, nullptr) != 0) return;
    }
}

std::vector<pid_t> RunningServer::all_processes() const {
    std::vector<pid_t> pids;
    for (const auto& process : processes()) {
        if (process.state != 'Z' && has(leaders_, process.session)) pids.push_back(process.pid);
    }
    return pids;
}

std::vector<pid_t> RunningServer::children() const {
    auto pids = all_processes();
    std::erase(pids, belfryd_->pid());
    return pids;
}

std::optional<SegmentInfo> RunningServer::segment() const {
    for (const auto& segment : segments()) {
        if (has(leaders_, segment.creator) && !has(not_ours_, segment.shmid)) return segment;
    }
    return std::nullopt;
}

}  // namespace belfry::test
