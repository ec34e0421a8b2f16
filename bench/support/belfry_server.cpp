#include "bench/support/belfry_server.hpp"

#include "bench/support/wait.hpp"
#include "tests/support/deadline.hpp"
#include "tests/support/proc.hpp"

#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/wait.h>

#include <boost/algorithm/string/join.hpp>

#include <algorithm>
#include <utility>

namespace belfry::bench {
namespace {

constexpr std::chrono::seconds start_timeout{60};
constexpr std::chrono::seconds stop_timeout{120};

/// The children of a killed server become children of this program, which reaps them.
void adopt_orphans() {
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
}

}  // namespace

BelfryServer::BelfryServer(ServerPlan plan) : plan_{std::move(plan)} {
    adopt_orphans();
    for (const auto& segment : test::segments()) not_ours_.push_back(segment.shmid);
    // A constructor that throws calls no destructor.
    try {
        start();
    } catch (...) {
        kill_all();
        remove_segments();
        throw;
    }
}

BelfryServer::~BelfryServer() {
    kill_all();
    remove_segments();
}

test::Invocation BelfryServer::command() const {
    test::Invocation command{
        test::program("belfryd"),
        {"--client-ids", boost::algorithm::join(plan_.client_ids, ","), "--port", "0", "--data-dir",
         plan_.data_dir.string(), "--durability", plan_.durability, "--ring-size", plan_.ring_size,
         "--max-clients", std::to_string(plan_.max_clients)}};
    // Where this program dies, the server shall stop cleanly and take its segment along.
    command.death_signal = SIGTERM;
    command.own_session = true;
    return command;
}

void BelfryServer::start() {
    const test::Invocation command = this->command();
    const auto started = Clock::now();
    belfryd_.emplace(command);
    leaders_.push_back(belfryd_->pid());
    wait_until_ready();
    ready_after_ms_ = test::milliseconds_since(started);
    const std::string text = line();
    port_ = static_cast<std::uint16_t>(std::stoul(text.substr(text.rfind(':') + 1)));
}

void BelfryServer::start(const std::string& ring_size) {
    plan_.ring_size = ring_size;
    start();
}

std::string BelfryServer::line() const {
    return belfryd_->out();
}

void BelfryServer::wait_until_ready() {
    const auto is_done = [this] { return line().ends_with('\n') || !belfryd_->is_running(); };
    wait_until(is_done, start_timeout, "belfryd does not start");
    if (!line().starts_with("belfryd listening on ")) {
        throw test::Failure("belfryd has not started: " + belfryd_->err());
    }
}

void BelfryServer::stop() {
    belfryd_->signal(SIGTERM);
    wait_until([this] { return !belfryd_->is_running(); }, stop_timeout, "belfryd does not stop");
    if (belfryd_->wait() != 0) throw test::Failure("belfryd has ended: " + belfryd_->err());
    leaders_.clear();  // pids come again
}

bool BelfryServer::is_ours(pid_t leader) const {
    return std::ranges::find(leaders_, leader) != leaders_.end();
}

void BelfryServer::kill_all() {
    // The supervisor first, so that it starts no other child.
    belfryd_.reset();
    const auto are_gone = [this] {
        bool any = false;
        for (const auto& process : test::processes()) {
            if (!is_ours(process.session)) continue;
            ::kill(process.pid, SIGKILL);
            // Orphans are ours: see adopt_orphans().
            ::waitpid(process.pid, nullptr, WNOHANG);
            any = true;
        }
        return !any;
    };
    static_cast<void>(test::eventually(are_gone));
}

void BelfryServer::remove_segments() const {
    for (const auto& segment : test::segments()) {
        if (std::ranges::find(not_ours_, segment.shmid) != not_ours_.end()) continue;
        if (is_ours(segment.creator)) ::shmctl(segment.shmid, IPC_RMID, nullptr);
    }
}

}  // namespace belfry::bench
