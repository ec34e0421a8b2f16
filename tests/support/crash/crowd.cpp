#include "tests/support/crash/crowd.hpp"

#include "tests/support/failure.hpp"
#include "tests/support/proc.hpp"

#include <signal.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>

namespace belfry::test {
namespace {

constexpr Milliseconds timeout{20'000};

/// Returns $BELFRY_SEED, or a random seed. The seed is printed, so that a run can be repeated.
std::uint64_t choose_seed() {
    const char* given = std::getenv("BELFRY_SEED");
    const std::uint64_t seed =
        given == nullptr ? std::random_device{}() : std::strtoull(given, nullptr, 10);
    std::cout << "BELFRY_SEED=" << seed << "\n";
    return seed;
}

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
      pace_{size, max_per_second} {
    for (std::size_t index = 0; index < size; ++index) {
        clients_.push_back(std::make_unique<ExactClient>(index, way_of(index), pace_));
    }
    if (!eventually([this] { return is_live(); })) throw Failure("the clients do not come online");
}

/// Returns how this client connects to the server.
ExactClient::Connect Crowd::way_of(std::size_t client) const {
    if (tls_port_ == 0 || client < plain_clients) return [this] { return RawClient{port_}; };
    return [this, tls = server_.tls()] { return RawClient{tls_port_, tls}; };
}

bool Crowd::is_live() const {
    return std::ranges::all_of(clients_, [](const auto& client) { return client->is_live(); });
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

void Crowd::cut_any() {
    std::uniform_int_distribution<std::size_t> any{0, clients_.size() - 1};
    clients_[any(random_)]->cut();
}

void Crowd::pause(std::chrono::microseconds at_most) {
    std::uniform_int_distribution<std::chrono::microseconds::rep> any{0, at_most.count()};
    std::this_thread::sleep_for(std::chrono::microseconds{any(random_)});
}

Crowd::Moment Crowd::now() const {
    Moment moment{Clock::now(), {}, {}};
    for (const auto& client : clients_) {
        moment.was_live.push_back(client->is_live());
        moment.breaks.push_back(client->breaks());
    }
    return moment;
}

bool Crowd::is_pushed(std::size_t client, const Moment& moment) const {
    return clients_[client]->newest_push() > moment.when;
}

std::vector<double> Crowd::wait_for_pushes(const Moment& moment, std::size_t spared) const {
    std::vector<double> times_ms;
    std::set<std::size_t> waiting;
    for (std::size_t index = 0; index < clients_.size(); ++index) {
        if (moment.was_live[index]) waiting.insert(index);
    }
    const Deadline deadline{timeout};
    while (waiting.size() > spared) {
        std::erase_if(waiting, [&](std::size_t index) {
            if (clients_[index]->breaks() != moment.breaks[index]) return true;
            if (!is_pushed(index, moment)) return false;
            times_ms.push_back(milliseconds_since(moment.when));
            return true;
        });
        if (has_faults()) throw Failure(faults());
        if (deadline.passed()) throw Failure("a client receives no more messages");
        std::this_thread::sleep_for(std::chrono::microseconds{50});
    }
    return times_ms;
}

std::uint64_t Crowd::breaks() const {
    std::uint64_t sum = 0;
    for (const auto& client : clients_) sum += client->breaks();
    return sum;
}

bool Crowd::has_faults() const {
    return std::ranges::any_of(clients_, [](const auto& client) { return client->has_faults(); });
}

std::string Crowd::faults() const {
    std::string text;
    for (const auto& client : clients_) {
        if (!client->has_faults()) continue;
        client->stop();
        for (const auto& fault : client->view().faults) text += fault + "\n";
    }
    if (!text.empty()) text += server_.belfryctl({"status"}).out;
    return text;
}

bool Crowd::has_all_taken_all() const {
    std::uint64_t total = 0;
    for (const auto& client : clients_) total += client->made();
    return std::ranges::all_of(clients_, [&](const auto& client) {
        return client->is_settled() && client->taken() >= total;
    });
}

bool Crowd::everybody_goes_on_after(const Moment& moment) const {
    const auto goes_on = [&] {
        for (std::size_t index = 0; index < clients_.size(); ++index) {
            if (!is_pushed(index, moment)) return false;
        }
        return true;
    };
    return eventually([&] { return has_faults() || goes_on(); }, timeout);
}

Verdict Crowd::finish() {
    // Every client must receive messages after the last kill, while messages are still being sent.
    EXPECT_TRUE(everybody_goes_on_after(now())) << "a client receives no more messages";
    for (const auto& client : clients_) client->finish_sending();
    EXPECT_TRUE(eventually([&] { return has_faults() || has_all_taken_all(); }, timeout))
        << "not all messages arrive";

    std::vector<View> views;
    std::vector<std::uint64_t> made;
    for (const auto& client : clients_) {
        client->stop();
        views.push_back(client->view());
        made.push_back(client->made());
    }
    EXPECT_EQ(faults(), "");
    const Verdict verdict = judge(views, made);
    EXPECT_TRUE(verdict.is_good()) << verdict;
    const Result check = server_.belfryctl({"check"});
    EXPECT_EQ(check.status, 0) << check.out << check.err;
    return verdict;
}

}  // namespace belfry::test
