#include "tests/support/secrets.hpp"

#include "tests/support/server.hpp"

#include <signal.h>

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

/// Clients log in with a secret.
namespace belfry::test {
namespace {

void expect_refused(const Server& server, const std::string& login,
                    const std::string& code = "login-refused") {
    SCOPED_TRACE(login);
    RawClient client = server.connect();
    client.send("LOGIN " + login + "\r\n");
    client.expect_error(code);
    client.expect_closed();
}

void expect_welcome(const Server& server, const std::string& client_id, const std::string& secret) {
    SCOPED_TRACE(secret);
    server.log_in(client_id, secret.empty() ? "" : "secret=" + secret).expect_pong();
}

TEST(Secrets, AClientLogsInWithItsSecret) {
    const ClientsFile file{"ann:" + old_hash + "\nbob:" + old_hash_of_openssl +
                           "\ncat:" + old_hash_of_yescrypt + "\n"};
    const Server server{with_clients(file)};
    for (const std::string id : {"ann", "bob", "cat"}) expect_welcome(server, id, old_secret);
    expect_welcome(server, "ann", "%6f%70en%20sesam%65");
}

TEST(Secrets, AWrongSecretAMissingOneAndAnUnknownClientGetTheSameAnswer) {
    const ClientsFile file{"ann:" + old_hash + "\ndan:*\n"};
    const Server server{with_clients(file)};
    std::string lines;
    for (const std::string login :
         {"ann secret=wrong", "ann", "zoe secret=wrong", "zoe", "dan", "dan secret=open%20sesame",
          "zoe secret=open%20sesame", "Ann secret=open%20sesame"}) {
        SCOPED_TRACE(login);
        RawClient client = server.connect();
        const auto sent = Clock::now();
        client.send("LOGIN " + login + "\r\n");
        const Frame frame = client.next();
        EXPECT_GE(milliseconds_since(sent), 100.0);
        EXPECT_TRUE(lines.empty() || frame.line == lines) << frame.line;
        lines = frame.line;
        client.expect_closed();
    }
    EXPECT_TRUE(lines.starts_with("ERR login-refused - ")) << lines;
}

TEST(Secrets, ARefusedLoginIsLoggedWithoutTheSecret) {
    const ClientsFile file{"ann:" + old_hash + "\n"};
    const Server server{with_clients(file)};
    expect_refused(server, "ann secret=hunter2");
    EXPECT_TRUE(server.will_say("refused a login as ann from 127.0.0.1:")) << server.errors();
    EXPECT_TRUE(server.will_say(": login-refused")) << server.errors();
    EXPECT_EQ(server.errors().find("hunter2"), std::string::npos);
    EXPECT_EQ(server.status().at("server").at("refused_logins"), 1);
}

TEST(Secrets, AnOnlineClientNoticesNothingOfARefusedLogin) {
    const ClientsFile file{"ann:" + old_hash + "\nbob\n"};
    const Server server{with_clients(file)};
    RawClient bob = server.log_in("bob", "presence=on");
    RawClient ann = server.log_in("ann", "secret=" + old_secret);
    bob.expect("ONLINE ann");
    const auto before = server.client_status("ann");
    expect_refused(server, "ann secret=wrong");
    expect_refused(server, "ann");
    ann.expect_pong();
    bob.expect_pong();
    EXPECT_EQ(server.client_status("ann").at("logins"), before.at("logins"));
    EXPECT_EQ(server.client_status("ann").at("cursor"), before.at("cursor"));
    ann.send("SAY still here\r\n");
    bob.expect_message(1, "ann", "still here");
    server.log_in("ann", "secret=" + old_secret).expect_pong();
    ann.expect("SENT 1 1");
    ann.expect("BYE taken-over");
}

TEST(Secrets, AClientMayHaveTwoSecrets) {
    const ClientsFile file{"ann:" + new_hash + "," + old_hash + "\n"};
    const Server server{with_clients(file)};
    expect_welcome(server, "ann", old_secret);
    expect_welcome(server, "ann", new_secret);
    expect_refused(server, "ann secret=other");
}

TEST(Secrets, AClientWithoutASecretNeedsNoneAndMayShowOne) {
    const ClientsFile file{"ann\nbob:" + old_hash + "\n"};
    const Server server{{.client_ids = "1,2", .more = {"--clients", file.path().string()}}};
    for (const std::string id : {"ann", "1", "2"}) {
        expect_welcome(server, id, "");
        expect_welcome(server, id, "anything");
    }
    expect_refused(server, "bob");
}

TEST(Secrets, AMalformedSecretIsABadLineAndTheClientMayTryAgain) {
    const ClientsFile file{"ann:" + old_hash + "\n"};
    const Server server{with_clients(file)};
    RawClient client = server.connect();
    for (const std::string& secret : {std::string{}, std::string{"%"}, std::string{"%zz"},
                                      std::string{"a%00"}, std::string(257, 'x')}) {
        client.send("LOGIN ann secret=" + secret + "\r\n");
        client.expect_error("bad-line");
    }
    client.log_in("ann", "secret=" + old_secret);
}

TEST(Secrets, WithoutAClientsFileASecretMeansNothing) {
    const Server server;
    expect_welcome(server, "1", "anything");
    expect_refused(server, "zoe secret=anything", "unknown-client");
}

TEST(Secrets, SigtermDuringARefusedLoginEndsItAtOnce) {
    const ClientsFile file{"ann:" + old_hash + "\n"};
    Server server{with_clients(file)};
    RawClient client = server.connect();
    client.send("LOGIN ann secret=wrong\r\n");
    ASSERT_TRUE(eventually([&] { return !server.children().empty(); }));
    EXPECT_EQ(server.stop(), 0);
    const auto frame = client.next_or_end();
    EXPECT_TRUE(!frame || frame->verb == "BYE" || frame->verb == "ERR");
}

// --- The file ---------------------------------------------------------------------------------

Result check(std::vector<std::string> arguments) {
    arguments.emplace_back("--check");
    return run({program("belfryd"), arguments});
}

TEST(Secrets, ClientIdsMayBeMissingIfThereIsAClientsFile) {
    const ClientsFile file{"ann\n"};
    EXPECT_EQ(check({"--clients", file.path().string()}).status, 0);
    EXPECT_EQ(check({}).status, 2);
}

TEST(Secrets, AMistakeInTheClientsFileIsReportedWithItsLineAndExitCode2) {
    const ClientsFile file{"# clients\nann\nbob:hunter2\n"};
    Result result = check({"--clients", file.path().string()});
    EXPECT_EQ(result.status, 2);
    EXPECT_EQ(lines_of(result.err).size(), 1U) << result.err;
    EXPECT_NE(result.err.find("clients file " + file.path().string() + ", line 3: "),
              std::string::npos)
        << result.err;
    EXPECT_EQ(result.err.find("hunter2"), std::string::npos) << result.err;
    file.write("ann\nbob\nann\n");
    result = check({"--clients", file.path().string()});
    EXPECT_EQ(result.status, 2);
    EXPECT_NE(result.err.find("line 3: client ann is listed twice"), std::string::npos);
    file.write("bob\nann\n");
    result = check({"--clients", file.path().string(), "-client_ids", "1,ann"});
    EXPECT_EQ(result.status, 2);
    EXPECT_NE(result.err.find("line 2: client ann is also in --client-ids"), std::string::npos)
        << result.err;
}

TEST(Secrets, AClientsFileThatCannotBeReadIsReportedWithTheReasonAndExitCode2) {
    const ClientsFile file{"ann\n"};
    for (const auto& [path, reason] :
         {std::pair{file.path().string() + ".not", "No such file or directory"},
          std::pair{file.path().parent_path().string(), "not a regular file"},
          std::pair{std::string{"/dev/null"}, "not a regular file"}}) {
        const Result result = check({"--clients", path});
        EXPECT_EQ(result.status, 2) << path;
        EXPECT_EQ(result.err,
                  "belfryd: cannot read the clients file " + path + ": " + reason + "\n");
    }
}

TEST(Secrets, AClientsFileThatOthersMayWriteIsAMistakeAndOneThatTheyMayReadIsAWarning) {
    const ClientsFile file{"ann:" + old_hash + "\n"};
    ::chmod(file.path().c_str(), 0602);
    const Result result = check({"--clients", file.path().string()});
    EXPECT_EQ(result.status, 2);
    EXPECT_NE(result.err.find("may write to it"), std::string::npos) << result.err;
    ::chmod(file.path().c_str(), 0644);
    const Server server{with_clients(file)};
    EXPECT_TRUE(server.will_say("can read its hashes")) << server.errors();
    expect_welcome(server, "ann", old_secret);
}

TEST(Secrets, TheDataDirectoryNamesTheClientsFileWhileTheServerRuns) {
    const ClientsFile file{"ann\n"};
    Server server{with_clients(file)};
    const auto record = server.data_dir() / "clients-file";
    EXPECT_EQ(read_file(record), file.path().string());
    EXPECT_EQ(std::filesystem::status(record).permissions(),
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    EXPECT_EQ(server.stop(), 0);
    EXPECT_FALSE(std::filesystem::exists(record));
}

TEST(Secrets, AServerBeyondLoopbackWarnsAtItsStart) {
    const ClientsFile file{"ann:" + old_hash + "\nbob\n"};
    const TempDir folder;
    Invocation command{
        program("belfryd"),
        {"--port", "0", "--durability", "memory", "--data-dir", (folder.path() / "data").string(),
         "--listen", "0.0.0.0", "-client_ids", "1,2", "--clients", file.path().string()}};
    Process belfryd{command};
    const std::string warning =
        "warning: listening without TLS on 0.0.0.0: others on the network can read and change "
        "messages; anybody on the network can log in as these clients, which need no secret: 1, 2, "
        "bob\n";
    EXPECT_TRUE(eventually([&] { return belfryd.err().find(warning) != std::string::npos; }))
        << belfryd.err();
    belfryd.signal(SIGTERM);
    EXPECT_EQ(belfryd.wait(), 0);
}

}  // namespace
}  // namespace belfry::test
