#include "tests/support/crash/crowd.hpp"

#include "tests/support/failure.hpp"
#include "tests/support/proc.hpp"

#include <signal.h>

#include <gtest/gtest.h>

namespace belfry::test {
namespace {

constexpr Milliseconds timeout{20'000};

ServerOptions with_all_clients(ServerOptions options) {
    options.client_ids = "1,2,3,4,5,6";
    return options;
}

}  // namespace

Crowd::Crowd(ServerOptions options, double max_per_second)
    : seed_{choose_seed()},
      random_{seed_},
      server_{with_all_clients(std::move(options))},
      port_{server_.port()},
      tls_port_{server_.tls_port()},
      clients_{all_ways(), max_per_second} {}

std::vector<ExactClient::Connect> Crowd::all_ways() const {
    std::vector<ExactClient::Connect> ways;
    for (std::size_t index = 0; index < size; ++index) ways.push_back(way_of(index));
    return ways;
}

/// Returns how this client connects to the server.
ExactClient::Connect Crowd::way_of(std::size_t client) const {
    if (tls_port_ == 0 || client < plain_clients) return [this] { return RawClient{port_}; };
    return [this, tls = server_.tls()] { return RawClient{tls_port_, tls}; };
}

pid_t Crowd::choose_victim(const std::function<bool(const ProcessInfo&)>& fits) {
    std::vector<ProcessInfo> candidates;
    const auto find_candidates = [&] {
        candidates.clear();
        for (const pid_t pid : server_.children()) {
            const auto info = process_info(pid);
            if (info && !killed_.contains({pid, info->start_time}) && fits(*info)) {
                candidates.push_back(*info);
            }
        }
        return !candidates.empty();
    };
    if (!eventually(find_candidates, timeout)) throw Failure("no such process is running any more");
    std::uniform_int_distribution<std::size_t> any{0, candidates.size() - 1};
    return candidates[any(random_)].pid;
}

void Crowd::kill(pid_t victim) {
    if (const auto info = process_info(victim)) killed_.insert({victim, info->start_time});
    ::kill(victim, SIGKILL);
}

void Crowd::pause(std::chrono::microseconds at_most) {
    std::uniform_int_distribution<std::chrono::microseconds::rep> any{0, at_most.count()};
    std::this_thread::sleep_for(std::chrono::microseconds{any(random_)});
}

Verdict Crowd::finish() {
    const Verdict verdict = clients_.finish();
    if (clients_.has_faults()) ADD_FAILURE() << server_.belfryctl({"status"}).out;
    const Result check = server_.belfryctl({"check"});
    EXPECT_EQ(check.status, 0) << check.out << check.err;
    return verdict;
}

}  // namespace belfry::test
