#include "tests/support/failure.hpp"
#include "tests/support/proc.hpp"
#include "tests/support/server.hpp"

#include <signal.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

/// Sessions are killed, reset or refused again and again. The server gets back everything that
/// they held.
namespace belfry::test {
namespace {

/// The number of sessions to kill, which is more than there are slots. Set
/// BELFRY_LEAK_ROUNDS=100000 for a long run.
std::uint64_t rounds() {
    const char* given = std::getenv("BELFRY_LEAK_ROUNDS");
    return given == nullptr ? 400 : std::strtoull(given, nullptr, 10);
}

/// The resources that a server holds while no client is online.
struct Resources {
    std::size_t processes;
    std::size_t descriptors;
    std::uint64_t memory_kib;
    std::uint64_t attached;
    std::size_t segments;
    std::size_t online;
};

std::ostream& operator<<(std::ostream& out, const Resources& held) {
    return out << "processes=" << held.processes << " descriptors=" << held.descriptors
               << " memory=" << held.memory_kib << " KiB attached=" << held.attached
               << " segments=" << held.segments << " online=" << held.online;
}

std::size_t count_segments(const std::vector<pid_t>& creators) {
    return static_cast<std::size_t>(std::ranges::count_if(segments(), [&](const auto& segment) {
        return std::ranges::find(creators, segment.creator) != creators.end();
    }));
}

Resources resources_of(const Server& server) {
    const auto clients = server.status().at("clients");
    const auto online = std::ranges::count_if(
        clients, [](const auto& client) { return client.at("online").template get<bool>(); });
    return {server.all_processes().size(),    open_descriptors(server.pid()),
            private_memory_kib(server.pid()), server.attached(),
            count_segments({server.pid()}),   static_cast<std::size_t>(online)};
}

/// Waits until the last session is reaped, and returns what the server holds then.
Resources resources_at_rest(const Server& server, std::size_t processes) {
    const auto is_at_rest = [&] {
        return server.all_processes().size() == processes && server.attached() == processes;
    };
    EXPECT_TRUE(eventually(is_at_rest)) << "not every session has ended";
    return resources_of(server);
}

void expect_no_growth(const Resources& before, const Resources& after) {
    constexpr std::uint64_t allowed_kib = 512;
    std::cout << "before: " << before << "\nafter:  " << after << "\n";
    EXPECT_EQ(after.processes, before.processes);
    EXPECT_EQ(after.descriptors, before.descriptors);
    EXPECT_EQ(after.attached, before.attached);
    EXPECT_EQ(after.segments, before.segments);
    EXPECT_EQ(after.online, 0U);
    EXPECT_LE(after.memory_kib, before.memory_kib + allowed_kib);
}

/// The children of a process with one thread, as the kernel lists them. This is fast, but it may
/// miss a child while another one ends.
std::vector<pid_t> children_of(pid_t pid) {
    const std::string process = std::to_string(pid);
    std::ifstream in{"/proc/" + process + "/task/" + process + "/children"};
    std::vector<pid_t> children;
    for (pid_t child = 0; in >> child;) children.push_back(child);
    return children;
}

/// Logs in, and kills the session. The kernel then closes the connection.
void log_in_and_kill(const Server& server) {
    RawClient client = server.connect();
    client.log_in("1");
    const auto ended = [&] {
        for (const pid_t child : children_of(server.pid())) ::kill(child, SIGKILL);
        constexpr int moment_ms = 20;
        return !client.receive(moment_ms);
    };
    if (!eventually(ended)) throw Failure("a session survives SIGKILL");
}

void log_in_and_reset(const Server& server) {
    RawClient client = server.connect();
    client.log_in("2");
    client.reset();
}

void log_in_as_unknown(const Server& server) {
    RawClient client = server.connect();
    client.send("LOGIN nobody\r\n");
    client.expect_error("unknown-client");
    client.expect_closed();
}

void run_sessions(const Server& server, std::uint64_t count) {
    for (std::uint64_t round = 0; round < count; ++round) {
        // Most sessions are killed. The others must leave as little.
        if (round % 8 == 3) log_in_and_reset(server);
        if (round % 8 == 5) log_in_as_unknown(server);
        log_in_and_kill(server);
    }
}

TEST(Leak, KilledSessionsLeaveNothingBehind) {
    const Server server{{.more = {"--max-clients", "4"}}};
    constexpr std::uint64_t warm_up = 20;
    run_sessions(server, warm_up);
    const Resources before = resources_at_rest(server, 1);
    const auto start = Clock::now();
    run_sessions(server, rounds());
    const double took_ms = milliseconds_since(start);
    std::cout << rounds() << " logins and kills in " << took_ms << " ms\n";
    expect_no_growth(before, resources_at_rest(server, 1));
}

void kill_archivers(const Server& server, std::uint64_t count) {
    pid_t last = 0;
    const auto is_new = [&] {
        const pid_t archiver = server.archiver();
        if (archiver == last || !is_alive(archiver)) return false;
        last = archiver;
        return true;
    };
    for (std::uint64_t kill = 0; kill < count; ++kill) {
        ASSERT_TRUE(eventually(is_new));
        ::kill(last, SIGKILL);
    }
    ASSERT_TRUE(eventually(is_new));
}

TEST(Leak, KilledArchiversLeaveNothingBehind) {
    const Server server{{.durability = "commit"}};
    kill_archivers(server, 5);
    const Resources before = resources_at_rest(server, 2);
    const std::uint64_t count = std::max<std::uint64_t>(rounds() / 20, 1);
    kill_archivers(server, count);
    std::cout << count << " archivers killed\n";
    expect_no_growth(before, resources_at_rest(server, 2));
    RawClient client = server.log_in("1");
    client.send("SAY stored by the last one\r\n");
    client.expect("SENT 1 1");
}

TEST(Leak, KilledSupervisorsLeaveNoSegmentAndNoDescriptorBehind) {
    Server server{{.durability = "commit"}};
    RawClient client = server.log_in("1");
    const auto segment = server.segment();
    ASSERT_TRUE(segment);
    std::vector<std::size_t> descriptors;
    constexpr int kills = 5;
    for (int kill = 0; kill < kills; ++kill) {
        server.kill_supervisor();
        server.start();
        descriptors.push_back(open_descriptors(server.pid()));
        ASSERT_TRUE(server.segment());
        EXPECT_EQ(server.segment()->shmid, segment->shmid);
    }
    EXPECT_EQ(descriptors.back(), descriptors.front());
    client.expect_pong();
    // The supervisor, the archiver and the session.
    EXPECT_TRUE(eventually([&] { return server.attached() == 3; }));
}

}  // namespace
}  // namespace belfry::test
