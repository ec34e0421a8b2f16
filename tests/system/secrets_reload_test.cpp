#include "tests/support/mapped_segment.hpp"
#include "tests/support/secrets.hpp"
#include "tests/support/server.hpp"

#include <signal.h>

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <openssl/sha.h>
#include <string>

/// SIGHUP reads the clients' file again, and so does the next supervisor.
namespace belfry::test {
namespace {

std::uint64_t digest_of(const std::string& text) {
    std::array<unsigned char, SHA256_DIGEST_LENGTH> whole{};
    ::SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), whole.data());
    std::uint64_t first = 0;
    std::memcpy(&first, whole.data(), sizeof first);
    return first;
}

class SecretsReload : public ::testing::Test {
  protected:
    /// Writes the file and waits until the server has answered SIGHUP.
    void reload(const std::string& text) {
        file_.write(text);
        reload();
    }
    void reload() {
        const MappedSegment segment{server_};
        const std::uint64_t before = segment.server().reloads;
        ::kill(server_.pid(), SIGHUP);
        ASSERT_TRUE(eventually([&] { return segment.server().reloads != before; }));
        EXPECT_EQ(segment.server().reloads, before + 1);
    }

    [[nodiscard]] std::uint64_t digest_in_use() const {
        return MappedSegment{server_}.server().clients_digest;
    }

    void expect_refused(const std::string& login) {
        SCOPED_TRACE(login);
        RawClient client = server_.connect();
        client.send("LOGIN " + login + "\r\n");
        client.expect_error("login-refused");
    }

    static void expect_end(RawClient& client) {
        client.expect("BYE shutting-down");
        client.expect_closed();
    }

    [[nodiscard]] RawClient log_in(const std::string& id, const std::string& secret) {
        return server_.log_in(id, "secret=" + secret);
    }

    const std::string first_ = "ann:" + old_hash + "\nbob:" + old_hash + "\ncat\n";
    ClientsFile file_{first_};
    Server server_{with_clients(file_)};
};

TEST_F(SecretsReload, AChangedSecretEndsTheSessionAndTheNewOneOpensTheNext) {
    RawClient ann = log_in("ann", old_secret);
    RawClient bob = log_in("bob", old_secret);
    reload("ann:" + new_hash + "\nbob:" + old_hash + "\ncat\n");
    expect_end(ann);
    bob.expect_pong();
    expect_refused("ann secret=" + old_secret);
    log_in("ann", new_secret).expect_pong();
    EXPECT_TRUE(server_.will_say("secrets: changed those of ann\n")) << server_.errors();
    EXPECT_TRUE(server_.will_say("client ann logged out: removed")) << server_.errors();
}

TEST_F(SecretsReload, AClientThatIsAddedMayLogInAndOneThatIsRemovedMayNot) {
    RawClient bob = log_in("bob", old_secret);
    RawClient cat = server_.log_in("cat");
    reload("ann:" + old_hash + "\ndan:" + new_hash + "\ncat # stays\n");
    expect_end(bob);
    cat.expect_pong();
    expect_refused("bob secret=" + old_secret);
    log_in("dan", new_secret).expect_pong();
}

TEST_F(SecretsReload, AClientThatGetsASecretOrLosesItLogsInAgain) {
    RawClient ann = log_in("ann", old_secret);
    RawClient cat = server_.log_in("cat");
    reload("ann\nbob:*\ncat:" + new_hash + "\n");
    expect_end(ann);
    expect_end(cat);
    server_.log_in("ann").expect_pong();
    expect_refused("cat");
    expect_refused("bob secret=" + old_secret);
    log_in("cat", new_secret).expect_pong();
}

TEST_F(SecretsReload, AMistakeChangesNothingAndTheDigestStaysThatOfTheFileInUse) {
    RawClient ann = log_in("ann", old_secret);
    EXPECT_EQ(digest_in_use(), digest_of(first_));
    reload("bob:" + new_hash + "\ncat:hunter2\n");
    EXPECT_TRUE(server_.will_say("not reloaded, nothing has changed: clients file " +
                                 file_.path().string() + ", line 2: "))
        << server_.errors();
    EXPECT_EQ(server_.errors().find("hunter2"), std::string::npos);
    EXPECT_EQ(digest_in_use(), digest_of(first_));
    ann.expect_pong();
    server_.log_in("cat").expect_pong();
    expect_refused("bob secret=" + new_secret);
    std::filesystem::remove(file_.path());
    reload();
    EXPECT_TRUE(server_.will_say("cannot read the clients file ")) << server_.errors();
    ann.expect_pong();
    const std::string last = first_ + "# a comment\n";
    reload(last);
    EXPECT_EQ(digest_in_use(), digest_of(last));
    ann.expect_pong();
}

TEST_F(SecretsReload, AConnectionThatWasAcceptedBeforeAReloadCannotUseTheOldSecretAfterIt) {
    RawClient early = server_.connect();
    early.send("LOGIN ann secret=open%20");
    ASSERT_TRUE(eventually([&] { return !server_.children().empty(); }));
    reload("ann:" + new_hash + "\n");
    early.send("sesame\r\n");
    early.expect_error("login-refused");
    log_in("ann", new_secret).expect_pong();
}

TEST_F(SecretsReload, TheNextSupervisorEndsTheSessionsWhoseSecretsHaveChanged) {
    RawClient ann = log_in("ann", old_secret);
    RawClient bob = log_in("bob", old_secret);
    RawClient cat = server_.log_in("cat");
    server_.kill_supervisor();
    file_.write("ann:" + new_hash + "\nbob:" + old_hash + "\ncat:" + new_hash + "\n");
    server_.start();
    expect_end(ann);
    expect_end(cat);
    bob.expect_pong();
    expect_refused("ann secret=" + old_secret);
    log_in("ann", new_secret).expect_pong();
}

TEST_F(SecretsReload, ANextSupervisorWithoutAClientsFileEndsTheSessionsThatHadASecret) {
    RawClient ann = log_in("ann", old_secret);
    RawClient cat = server_.log_in("cat");
    server_.kill_supervisor();
    Invocation command = server_.command();
    std::erase(command.arguments, "--clients");
    std::erase(command.arguments, file_.path().string());
    command.arguments.insert(command.arguments.end(), {"-client_ids", "ann,cat"});
    server_.start(command);
    expect_end(ann);
    cat.expect_pong();
    EXPECT_FALSE(std::filesystem::exists(server_.data_dir() / "clients-file"));
    EXPECT_EQ(digest_in_use(), 0U);
}

TEST(SecretsReloadOption, AConfigurationFileMayNameAnotherClientsFile) {
    const ClientsFile first{"ann:" + old_hash + "\n"};
    const ClientsFile second{"ann:" + new_hash + "\n"};
    const TempDir folder;
    const auto config = folder.write("conf", "clients = " + first.path().string() + "\n");
    Server server{{.client_ids = "", .more = {"--config", config.string()}}};
    RawClient ann = server.log_in("ann", "secret=" + old_secret);
    static_cast<void>(folder.write("conf", "clients = " + second.path().string() + "\n"));
    ::kill(server.pid(), SIGHUP);
    EXPECT_TRUE(server.will_say("clients is now " + second.path().string())) << server.errors();
    ann.expect("BYE shutting-down");
    server.log_in("ann", "secret=" + new_secret).expect_pong();
    EXPECT_EQ(read_file(server.data_dir() / "clients-file"), second.path().string());
}

TEST(SecretsReloadOption, AFileWithMoreNewClientsThanThereIsRoomForChangesNothing) {
    const ClientsFile first{"ann:" + old_hash + "\n"};
    std::string many;
    for (int id = 0; id < 100; ++id) many += "new" + std::to_string(id) + "\n";
    const ClientsFile second{many};
    const TempDir folder;
    const auto config = folder.write("conf", "clients = " + first.path().string() + "\n");
    Server server{{.client_ids = "", .more = {"--config", config.string()}}};
    RawClient ann = server.log_in("ann", "secret=" + old_secret);
    static_cast<void>(folder.write("conf", "clients = " + second.path().string() + "\n"));
    ::kill(server.pid(), SIGHUP);
    EXPECT_TRUE(server.will_say("client-ids cannot be changed")) << server.errors();
    ann.expect_pong();
    server.log_in("ann", "secret=" + old_secret).expect_pong();
    EXPECT_EQ(read_file(server.data_dir() / "clients-file"), first.path().string());
}

}  // namespace
}  // namespace belfry::test
