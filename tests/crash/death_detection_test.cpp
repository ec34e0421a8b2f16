#include "shm/segment_file.hpp"
#include "tests/support/failure.hpp"
#include "tests/support/server.hpp"
#include "tests/support/timings.hpp"

#include <signal.h>

#include <gtest/gtest.h>

#include <iostream>

/// Measures how soon the supervisor notices that a child has died, by the child's slot in the
/// segment, and how soon a new supervisor listens. The times are printed, not asserted.
namespace belfry::test {
namespace {

constexpr int children = 100;
constexpr int kills = 50;

std::string client_id(int number) {
    return "c" + std::to_string(number);
}

ServerOptions with_many_clients() {
    ServerOptions options{.client_ids = client_id(0)};
    for (int number = 1; number < children; ++number) options.client_ids += "," + client_id(number);
    return options;
}

std::vector<RawClient> log_in_all(const Server& server) {
    std::vector<RawClient> clients;
    clients.reserve(children);
    for (int number = 0; number < children; ++number) {
        clients.push_back(server.log_in(client_id(number)));
    }
    return clients;
}

/// Attaches the segment of the server, read-only.
shm::FoundSegment attach_segment(const Server& server) {
    auto found = shm::find_segment(server.data_dir(), boost::interprocess::read_only);
    if (!found) throw Failure("there is no segment");
    return *std::move(found);
}

/// Returns the process entries of the session slots that are in use.
std::vector<const shm::ProcessEntry*> used_entries(const shm::Segment& segment) {
    std::vector<const shm::ProcessEntry*> entries;
    for (std::uint32_t slot = 0; slot < segment.geometry().session_slots; ++slot) {
        const shm::ProcessEntry& entry = segment.session_process(slot);
        if (shm::unpack(entry.word.load()).low != 0) entries.push_back(&entry);
    }
    return entries;
}

/// Kills the process of the entry. Returns the time until the supervisor has reaped its slot.
double kill_and_measure_ms(const shm::ProcessEntry& entry) {
    const shm::Halves before = shm::unpack(entry.word.load());
    const auto killed = Clock::now();
    ::kill(static_cast<pid_t>(before.low), SIGKILL);
    const Deadline deadline{default_wait};
    while (shm::unpack(entry.word.load()).high == before.high) {
        if (deadline.passed()) throw Failure("the supervisor did not notice the death");
        std::this_thread::yield();
    }
    return milliseconds_since(killed);
}

void expect_deaths_noticed(const Server& server, const std::string& whose) {
    const shm::FoundSegment found = attach_segment(server);
    auto entries = used_entries(found.segment);
    ASSERT_GE(entries.size(), kills);
    entries.resize(kills);
    std::vector<double> times;
    times.reserve(kills);
    for (const shm::ProcessEntry* entry : entries) times.push_back(kill_and_measure_ms(*entry));
    std::cout << whose << " death is noticed after " << summary(times) << "\n";
}

TEST(DeathDetection, TheSupervisorNoticesTheDeathOfAChild) {
    Server server{with_many_clients()};
    const auto clients = log_in_all(server);
    expect_deaths_noticed(server, "a child's");
}

TEST(DeathDetection, TheSupervisorNoticesTheDeathOfAnAdoptedChild) {
    Server server{with_many_clients()};
    const auto clients = log_in_all(server);
    server.kill_supervisor();
    server.start();
    expect_deaths_noticed(server, "an adopted child's");
}

TEST(DeathDetection, ANewSupervisorTakesOverWhileAHundredClientsAreOnline) {
    constexpr int rounds = 10;
    auto options = with_many_clients();
    options.durability = "commit";
    Server server{options};
    auto clients = log_in_all(server);
    std::vector<double> times;
    for (int round = 0; round < rounds; ++round) {
        server.kill_supervisor();
        server.start();
        times.push_back(server.ready_after_ms());
    }
    for (RawClient& client : clients) client.expect_pong();
    std::cout << "supervisor killed and started again with " << children
              << " clients online: listening after " << summary(times) << "\n";
}

}  // namespace
}  // namespace belfry::test
