#include "tests/support/server.hpp"

#include <signal.h>

#include <gtest/gtest.h>

#include <iostream>
#include <string>

/// The server starts and stops. The times are printed and not asserted, because the machine may be
/// busy.
namespace belfry::test {
namespace {

std::string hundred_ids() {
    std::string ids = "1";
    for (int id = 2; id <= 100; ++id) ids += "," + std::to_string(id);
    return ids;
}

/// Expects that a stop has left nothing. A relay may wait for its client to close the connection.
void expect_no_process(const Server& server) {
    EXPECT_TRUE(server.sessions().empty());
    EXPECT_TRUE(eventually([&] { return server.all_processes().empty(); }));
}

TEST(Starting, AServerIsReadySoon) {
    const Server server;
    std::cout << "ready after " << server.ready_after_ms() << " ms\n";
}

TEST(Stopping, EachOfAHundredClientsIsToldAndTheServerExitsWith0) {
    Server server{{.client_ids = hundred_ids()}};
    std::vector<RawClient> clients;
    for (int id = 1; id <= 100; ++id) clients.push_back(server.log_in(std::to_string(id)));
    const auto start = Clock::now();
    EXPECT_EQ(server.stop(), 0) << server.errors();
    std::cout << "stopped 100 clients after " << milliseconds_since(start) << " ms\n";
    for (auto& client : clients) {
        client.expect("BYE shutting-down");
        client.expect_closed();
    }
    expect_no_process(server);
}

TEST(Stopping, AnInterruptStopsTheServerCleanly) {
    Server server;
    RawClient client = server.log_in("1");
    ::kill(server.pid(), SIGINT);
    client.expect("BYE shutting-down");
    EXPECT_TRUE(eventually([&] { return !server.is_running(); }));
    EXPECT_FALSE(server.segment());
}

TEST(Stopping, AnInterruptOfTheProcessGroupStopsTheServerCleanly) {
    // A terminal sends SIGINT to the whole group when somebody presses Ctrl-C.
    Server server;
    RawClient client = server.log_in("1");
    ::kill(-server.pid(), SIGINT);
    client.expect("BYE shutting-down");
    client.expect_closed();
    EXPECT_TRUE(eventually([&] { return !server.is_running(); }));
    EXPECT_FALSE(server.segment());
    expect_no_process(server);
}

TEST(Stopping, AHangUpOfTheTerminalDoesNotStopTheServer) {
    Server server;
    RawClient client = server.log_in("1");
    ::kill(-server.pid(), SIGHUP);
    EXPECT_TRUE(server.will_say("reload"));
    client.expect_pong();
    EXPECT_EQ(server.stop(), 0) << server.errors();
}

TEST(Stopping, AHangUpUnderNohupDoesNotStopTheServer) {
    Server server;
    EXPECT_EQ(server.stop(), 0);
    Invocation command = server.command();
    command.arguments.insert(command.arguments.begin(), command.program.string());
    command.program = "/usr/bin/nohup";
    server.start(command);
    RawClient before = server.log_in("1");
    ::kill(-server.pid(), SIGHUP);
    RawClient after = server.log_in("2");
    after.send("SAY still here\r\n");
    before.expect_message(1, "2", "still here");
    EXPECT_EQ(server.stop(), 0) << server.errors();
}

TEST(Stopping, ASuspendedChildAndClientsWithoutALoginDelayTheStopLittle) {
    Server server;
    RawClient stopped = server.log_in("1");
    RawClient silent = server.connect();
    RawClient halting = server.connect();
    halting.send("LOGI");
    RawClient deaf = server.connect(4096);
    deaf.log_in_live("2");
    ::kill(server.child_of("1"), SIGSTOP);
    const auto start = Clock::now();
    EXPECT_EQ(server.stop(), 0) << server.errors();
    std::cout << "stopped a server with a suspended child after " << milliseconds_since(start)
              << " ms\n";
    expect_no_process(server);
    EXPECT_FALSE(server.segment());
}

TEST(Stopping, ConnectionsAreRefusedAfterAStop) {
    Server server;
    EXPECT_EQ(server.stop(), 0);
    EXPECT_ANY_THROW(static_cast<void>(server.connect()));
}

}  // namespace
}  // namespace belfry::test
