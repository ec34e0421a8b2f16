#include "tests/support/another_user.hpp"
#include "tests/support/belfryctl.hpp"
#include "tests/support/server.hpp"

#include <signal.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

/// `belfryctl client` changes the clients' file that a running server uses.
namespace belfry::test {
namespace {

namespace fs = std::filesystem;

/// A server with the client `boss`, and a clients' file that is empty at first.
class ClientsOfServer : public testing::Test {
  protected:
    [[nodiscard]] fs::path file() const { return file_; }

    /// Runs `belfryctl client` without naming the file.
    [[nodiscard]] Result client(std::vector<std::string> words) const {
        words.insert(words.begin(), "client");
        return server_.belfryctl(std::move(words));
    }

    /// Runs a command that must succeed. @return the last word that it has printed
    [[nodiscard]] std::string secret_from(std::vector<std::string> words) const {
        const Result result = client(std::move(words));
        EXPECT_EQ(result.status, 0) << result.err;
        EXPECT_EQ(result.err, "");
        return last_word(result.out);
    }

    void expect_welcome(const std::string& id, const std::string& secret) const {
        server_.log_in(id, "secret=" + secret).expect_pong();
    }
    void expect_refused(const std::string& id, const std::string& secret) const {
        RawClient client = server_.connect();
        client.send("LOGIN " + id + " secret=" + secret + "\r\n");
        client.expect_error("login-refused");
    }

    TempDir folder_;
    fs::path file_ = folder_.write("clients", "");
    Server server_{{.client_ids = "boss", .more = {"--clients", file_.string()}}};
};

TEST_F(ClientsOfServer, AnAddedClientLogsInWithTheSecretThatWasPrinted) {
    const std::string secret = secret_from({"add", "ann"});
    expect_welcome("ann", secret);
    expect_refused("ann", secret + "x");
    EXPECT_FALSE(has(server_.errors(), secret));
}

TEST_F(ClientsOfServer, AChosenSecretLogsIn) {
    const fs::path input = folder_.write("input", "correct horse\n");
    const Result result =
        belfryctl(server_.data_dir(), {"client", "add", "ann", "--ask"}, Input::file(input));
    EXPECT_EQ(result.status, 0) << result.err;
    expect_welcome("ann", "correct%20horse");
}

TEST_F(ClientsOfServer, ANewSecretEndsWhatTheOldOneHasOpened) {
    const std::string old = secret_from({"add", "ann"});
    RawClient session = server_.log_in("ann", "secret=" + old);
    const std::string secret = secret_from({"secret", "ann"});
    session.expect("BYE shutting-down");
    expect_refused("ann", old);
    expect_welcome("ann", secret);
}

TEST_F(ClientsOfServer, BothSecretsLogInAfterKeepOld) {
    const std::string old = secret_from({"add", "ann"});
    const std::string secret = secret_from({"secret", "ann", "--keep-old"});
    expect_welcome("ann", old);
    expect_welcome("ann", secret);
}

TEST_F(ClientsOfServer, ARemovedClientIsLoggedOutAndStaysOut) {
    const std::string secret = secret_from({"add", "ann"});
    RawClient session = server_.log_in("ann", "secret=" + secret);
    const Result result = client({"remove", "ann"});
    EXPECT_EQ(result.out, "removed client ann\n") << result.err;
    session.expect("BYE shutting-down");
    expect_refused("ann", secret);
}

TEST_F(ClientsOfServer, ManyCommandsAtOnceAreAllAnsweredAndLoseNothing) {
    std::vector<Process> running;
    for (int number = 0; number < 8; ++number) {
        running.emplace_back(Invocation{program("belfryctl"),
                                        {"--data-dir", server_.data_dir().string(), "client", "add",
                                         "client" + std::to_string(number)}});
    }
    for (int number = 0; number < 8; ++number) {
        Process& each = running.at(static_cast<std::size_t>(number));
        EXPECT_EQ(each.wait(), 0) << each.err();
        expect_welcome("client" + std::to_string(number), last_word(each.out()));
    }
}

TEST_F(ClientsOfServer, AChangeThatTheServerCannotUseIsOneLineAndStatusOne) {
    const Result result = client({"add", "boss"});  // it is in -client_ids too
    expect_one_line(result, 1,
                    "the server in " + server_.data_dir().string() +
                        " does not use the change; its log says why");
    EXPECT_TRUE(has(read_file(file()), "boss:$7$"));
    EXPECT_TRUE(server_.will_say("nothing has changed")) << server_.errors();
    EXPECT_EQ(client({"remove", "boss"}).status, 0) << "the mistake can be taken back";
}

TEST_F(ClientsOfServer, AFileThatTheServerDoesNotUseIsNotWaitedFor) {
    const fs::path other = folder_.path() / "other";
    const Result result = client({"add", "ann", "--clients", other.string()});
    expect_one_line(result, 0, "does not use " + other.string() + ", so it was not told");
    EXPECT_TRUE(has(read_file(other), "ann:$7$"));
    EXPECT_EQ(read_file(file()), "");
}

TEST_F(ClientsOfServer, TheFileMayAlsoBeNamedByAnotherPath) {
    const fs::path link = folder_.path() / "link";
    fs::create_directory_symlink(folder_.path(), link);
    const std::string secret =
        secret_from({"add", "ann", "--clients", (link / "clients").string()});
    expect_welcome("ann", secret);
}

TEST_F(ClientsOfServer, AServerWhoseSupervisorIsDeadIsNotWaitedFor) {
    server_.kill_supervisor();
    const Result named = client({"add", "ann", "--clients", file().string()});
    EXPECT_EQ(named.status, 0) << named.err;
    expect_one_line(client({"add", "bob"}), 1, "no server is running in");
}

TEST(ClientsOfAServerWithoutAFile, MustBeNamed) {
    const Server server;
    expect_one_line(server.belfryctl({"client", "list"}), 1, "does not use a clients' file");
}

// --- root ----------------------------------------------------------------------------------------

/// Makes the server's record of its clients' file name another file.
void forge_record(const Server& server, const fs::path& file) {
    write_file(server.data_dir() / "clients-file", file.string());
}

TEST(RootOnClientsOfAnotherUser, ChangesOnlyAFileThatIsMeantForTheServer) {
    if (!is_root()) return print_that_root_is_needed();
    const Server server{of_another_user("memory")};
    const TempDir roots;
    const fs::path file = roots.write("clients", "ann\n");
    forge_record(server, file);
    for (const auto mode : {fs::perms{0600}, fs::perms{0644}}) {
        fs::permissions(file, mode);
        expect_one_line(server.belfryctl({"client", "add", "bob"}), 1,
                        "belongs neither to user 61234 nor to that user's group");
        expect_one_line(server.belfryctl({"client", "list"}), 1, "belongs neither");
    }
    EXPECT_EQ(read_file(file), "ann\n");
    fs::permissions(file, fs::perms{0640});
    ASSERT_EQ(::chown(file.c_str(), 0, nobody_else), 0);
    EXPECT_EQ(server.belfryctl({"client", "list"}).out, "ann                no secret\n");
    EXPECT_EQ(server.belfryctl({"client", "add", "bob"}).status, 0);
    struct stat facts {};
    ASSERT_EQ(::stat(file.c_str(), &facts), 0);
    EXPECT_EQ(facts.st_uid, 0U);
    EXPECT_EQ(facts.st_gid, nobody_else);
    EXPECT_EQ(facts.st_mode & 0777U, 0640U);
}

TEST(RootOnClientsOfAnotherUser, CreatesNoFileThatOnlyTheServerNames) {
    if (!is_root()) return print_that_root_is_needed();
    const Server server{of_another_user("memory")};
    const TempDir roots;
    forge_record(server, roots.path() / "new");
    expect_one_line(server.belfryctl({"client", "add", "bob"}), 1, "No such file or directory");
    EXPECT_TRUE(fs::is_empty(roots.path()));
}

TEST(RootOnClientsOfAnotherUser, TellsTheServerWithTheRightsOfItsUser) {
    if (!is_root()) return print_that_root_is_needed();
    ServerOptions options = of_another_user("memory");
    options.client_ids = "boss";
    const TempDir folder;
    const fs::path file = folder.write("clients", "");
    fs::permissions(folder.path(), fs::perms{0755});
    fs::permissions(file, fs::perms{0640});
    ASSERT_EQ(::chown(file.c_str(), 0, nobody_else), 0);
    options.more = {"--clients", file.string()};
    const Server server{options};
    const Result result = server.belfryctl({"client", "add", "ann"});
    EXPECT_EQ(result.status, 0) << result.err;
    const std::string secret = last_word(result.out);
    server.log_in("ann", "secret=" + secret).expect_pong();
}

}  // namespace
}  // namespace belfry::test
