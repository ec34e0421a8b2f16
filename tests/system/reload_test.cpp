#include "tests/support/server.hpp"

#include <signal.h>

#include <gtest/gtest.h>

#include <fstream>
#include <string>

/// On SIGHUP a running server reads its configuration file again.
namespace belfry::test {
namespace {

/// A server that reads its client-ids and other options from a file.
class Reload : public ::testing::Test {
  protected:
    void write(const std::string& text) const { std::ofstream{file()} << text; }

    [[nodiscard]] std::filesystem::path file() const { return folder_.path() / "belfryd.conf"; }

    /// Starts the server with the text as its configuration file. Removes client-ids from the
    /// command line, because they would override the file.
    void start(const std::string& text) {
        write(text);
        EXPECT_EQ(server_.stop(), 0);
        Invocation command = server_.command();
        std::erase(command.arguments, "-client_ids");
        std::erase(command.arguments, "1,2,3");
        command.arguments.insert(command.arguments.end(), {"--config", file().string()});
        server_.start(command);
    }

    void reload(const std::string& text) {
        write(text);
        ::kill(server_.pid(), SIGHUP);
    }

    void expect_logged(const std::string& part) {
        EXPECT_TRUE(server_.will_say(part)) << "not logged: " << part << "\n" << server_.errors();
    }

    TempDir folder_;
    Server server_;
};

TEST_F(Reload, ANewClientMayLogInAndTheSessionOfARemovedOneEnds) {
    start("client-ids = 1,2\n");
    RawClient stays = server_.log_in("1");
    RawClient goes = server_.log_in("2");
    reload("client-ids = 1,3\n");
    expect_logged("client-ids: added 3");
    expect_logged("client-ids: removed 2");
    goes.expect("BYE shutting-down");
    goes.expect_closed();
    RawClient back = server_.connect();
    back.send("LOGIN 2\r\n");
    back.expect_error("unknown-client");
    RawClient comes = server_.log_in("3");
    comes.send("SAY hello\r\n");
    stays.expect_message(1, "3", "hello");
    expect_logged("client 2 logged out: removed");
}

TEST_F(Reload, ARemovedClientThatKeepsItsConnectionOpenIsNotKilled) {
    start("client-ids = 1,2\n");
    const RawClient goes = server_.log_in("2");  // this client does not read any more
    const pid_t process = server_.child_of("2");
    reload("client-ids = 1\n");
    expect_logged("client 2 logged out: removed");
    ASSERT_TRUE(eventually([&] { return !process_info(process); }));
    EXPECT_EQ(server_.stop(), 0);
    const std::string log = server_.errors();
    EXPECT_EQ(log.find("was killed by signal"), std::string::npos) << log;
}

TEST_F(Reload, TheStoppedSessionOfARemovedClientIsKilled) {
    start("client-ids = 1,2\n");
    RawClient goes = server_.log_in("2");
    ASSERT_EQ(::kill(server_.child_of("2"), SIGSTOP), 0);
    reload("client-ids = 1\n");
    goes.expect_closed();
}

TEST_F(Reload, AClientThatIsAddedAgainContinuesAtItsCursor) {
    start("client-ids = 1,2\n");
    RawClient one = server_.log_in("1");
    one.send("SAY first\r\n");
    one.read_until_id(1);
    reload("client-ids = 1\n");
    expect_logged("removed 2");
    reload("client-ids = 1,2\n");
    expect_logged("added 2");
    RawClient two = server_.connect();
    two.log_in("2");
    two.expect_message(1, "1", "first");
}

TEST_F(Reload, MoreNewClientsThanSpareRowsChangeNothing) {
    start("client-ids = 1,2\n");
    std::string ids = "client-ids = 1";
    for (int id = 100; id < 200; ++id) ids += "," + std::to_string(id);
    reload(ids + "\n");
    expect_logged("client-ids cannot be changed");
    RawClient two = server_.log_in("2");
    two.expect_pong();
}

TEST_F(Reload, ALowerMaxClientsAppliesToTheNextLogin) {
    start("client-ids = 1,2,3\n");
    RawClient one = server_.log_in("1");
    RawClient two = server_.log_in("2");
    reload("client-ids = 1,2,3\nmax-clients = 2\n");
    expect_logged("max-clients is now 2");
    RawClient three = server_.connect();
    three.send("LOGIN 3\r\n");
    three.expect_error("too-many-clients");
    one.expect_pong();
    reload("client-ids = 1,2,3\nmax-clients = 3\n");
    expect_logged("max-clients is now 3");
    server_.log_in("3").expect_pong();
}

TEST_F(Reload, MaxClientsAboveWhatTheSegmentHoldsNeedsARestart) {
    start("client-ids = 1\nmax-clients = 2\n");
    reload("client-ids = 1\nmax-clients = 5\n");
    expect_logged("max-clients stays at 2, the limit of the shared memory: 5 requires");
}

TEST_F(Reload, ANewLogLevelAppliesToAllProcesses) {
    start("client-ids = 1,2\nlog-level = warning\n");
    RawClient one = server_.log_in("1");
    EXPECT_EQ(server_.errors().find("logged in"), std::string::npos) << server_.errors();
    reload("client-ids = 1,2\nlog-level = info\n");
    expect_logged("log-level is now info");
    one.quit();
    expect_logged("client 1 logged out: quit");
    reload("client-ids = 1,2\nlog-level = error\n");
    expect_logged("log-level is now error");
}

TEST_F(Reload, AnOptionThatCannotChangeIsReported) {
    start("client-ids = 1\n");
    reload(
        "client-ids = 1\nring-size = 1M\nmax-payload = 1K\nlisten = ::1\nlog-format = json\n"
        "max-waiting = 9\n");
    for (const std::string name :
         {"ring-size", "max-payload", "listen", "log-format", "max-waiting"}) {
        expect_logged(name + " cannot be changed without stopping and starting the server");
    }
    server_.log_in("1").expect_pong();
}

TEST_F(Reload, AMistakeChangesNothingAndIsReportedWithFileAndLine) {
    start("client-ids = 1\n");
    reload("client-ids = 2\n\nmax-clients = many\n");
    expect_logged("nothing has changed: " + file().string() + ":3: --max-clients");
    RawClient one = server_.log_in("1");
    reload("client-ids = 2\nno-such-thing = 1\n");
    expect_logged(file().string() + ":2: unknown option --no-such-thing");
    std::filesystem::remove(file());
    ::kill(server_.pid(), SIGHUP);
    expect_logged("cannot read the configuration file " + file().string());
    one.expect_pong();
}

TEST_F(Reload, AReloadWithoutAChangeIsReported) {
    start("client-ids = 1\n");
    reload("client-ids = 1\n");
    expect_logged("nothing has changed");
}

TEST_F(Reload, AReloadWithoutAConfigurationFileDoesNothing) {
    RawClient one = server_.log_in("1");
    ::kill(server_.pid(), SIGHUP);
    expect_logged("nothing to reload: neither --config");
    one.expect_pong();
}

TEST(ReloadOfACluster, DoesNotMakeASingleNodeAPartOfIt) {
    const TempDir folder;
    const auto file = folder.write("conf", "");
    Server server{{.more = {"--config", file.string()}, .durability = "commit"}};
    std::ofstream{file} << "cluster = http://127.0.0.1:2379\nnode = a\n";
    ::kill(server.pid(), SIGHUP);
    for (const std::string name : {"cluster", "node"}) {
        EXPECT_TRUE(server.will_say(": " + name + " cannot be changed without stopping and"))
            << server.errors();
    }
    server.log_in("1").expect_pong();
}

TEST(ReloadRetention, ALowerKeepMessagesDeletesTheOldestMessages) {
    const TempDir folder;
    const auto file = folder.path() / "conf";
    std::ofstream{file} << "keep-messages = 1000\n";
    Server server{{.more = {"--config", file.string()}, .durability = "commit"}};
    RawClient one = server.log_in("1");
    for (std::uint64_t seq = 1; seq <= 20; ++seq) one.send_message(seq, "text");
    one.read_until_id(20);
    std::ofstream{file} << "keep-messages = 5\n";
    ::kill(server.pid(), SIGHUP);
    EXPECT_TRUE(eventually([&] { return server.status().at("log").at("first_id") == 16; }))
        << server.status().dump(2);
    EXPECT_TRUE(server.will_say("keep-messages is now 5")) << server.errors();
}

}  // namespace
}  // namespace belfry::test
