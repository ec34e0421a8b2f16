#include "tests/support/crash/exact_clients.hpp"

#include "tests/support/failure.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <set>

namespace belfry::test {

std::uint64_t choose_seed() {
    const char* given = std::getenv("BELFRY_SEED");
    const std::uint64_t seed =
        given == nullptr ? std::random_device{}() : std::strtoull(given, nullptr, 10);
    std::cout << "BELFRY_SEED=" << seed << "\n";
    return seed;
}

ExactClients::ExactClients(const std::vector<ExactClient::Connect>& ways, double max_per_second)
    : pace_{ways.size(), max_per_second} {
    for (std::size_t index = 0; index < ways.size(); ++index) {
        clients_.push_back(std::make_unique<ExactClient>(index, ways[index], pace_));
    }
    if (!eventually([this] { return is_live(); })) throw Failure("the clients do not come online");
}

bool ExactClients::is_live() const {
    return std::ranges::all_of(clients_, [](const auto& client) { return client->is_live(); });
}

void ExactClients::cut_any(std::mt19937_64& random) {
    std::uniform_int_distribution<std::size_t> any{0, clients_.size() - 1};
    clients_[any(random)]->cut();
}

ExactClients::Moment ExactClients::now() const {
    Moment moment{Clock::now(), {}, {}};
    for (const auto& client : clients_) {
        moment.was_live.push_back(client->is_live());
        moment.breaks.push_back(client->breaks());
    }
    return moment;
}

bool ExactClients::is_pushed(std::size_t client, const Moment& moment) const {
    return clients_[client]->newest_push() > moment.when;
}

std::vector<double> ExactClients::wait_for_pushes(const Moment& moment, std::size_t spared) const {
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

std::uint64_t ExactClients::breaks() const {
    std::uint64_t sum = 0;
    for (const auto& client : clients_) sum += client->breaks();
    return sum;
}

std::uint64_t ExactClients::refusals() const {
    std::uint64_t sum = 0;
    for (const auto& client : clients_) sum += client->refusals();
    return sum;
}

bool ExactClients::has_faults() const {
    return std::ranges::any_of(clients_, [](const auto& client) { return client->has_faults(); });
}

std::string ExactClients::faults() const {
    std::string text;
    for (const auto& client : clients_) {
        if (!client->has_faults()) continue;
        client->stop();
        for (const auto& fault : client->view().faults) text += fault + "\n";
    }
    return text;
}

bool ExactClients::has_all_taken_all() const {
    std::uint64_t total = 0;
    for (const auto& client : clients_) total += client->made();
    return std::ranges::all_of(clients_, [&](const auto& client) {
        return client->is_settled() && client->taken() >= total;
    });
}

bool ExactClients::everybody_goes_on_after(const Moment& moment, Milliseconds within) const {
    const auto goes_on = [&] {
        for (std::size_t index = 0; index < clients_.size(); ++index) {
            if (!is_pushed(index, moment)) return false;
        }
        return true;
    };
    return eventually([&] { return has_faults() || goes_on(); }, within);
}

Verdict ExactClients::finish(Milliseconds within) {
    // Every client must receive messages after the last kill, while messages are still being sent.
    EXPECT_TRUE(everybody_goes_on_after(now(), within)) << "a client receives no more messages";
    for (const auto& client : clients_) client->finish_sending();
    EXPECT_TRUE(eventually([&] { return has_faults() || has_all_taken_all(); }, within))
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
    return verdict;
}

}  // namespace belfry::test
