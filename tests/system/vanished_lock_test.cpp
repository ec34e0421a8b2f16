#include "tests/support/vanished_store.hpp"

#include <signal.h>
#include <sys/shm.h>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>

/// Somebody deletes the lock files, or the whole data directory, while the server runs.
namespace belfry::test {
namespace {

TEST(VanishedLock, ASecondServerIsRefusedAndTheFirstRefusesNewMessages) {
    Server server{{.durability = "commit"}};
    RawClient client = server.log_in("1");
    send_and_expect_sent(client, 1, "one");
    fs::remove(server.data_dir() / "lock");
    const Result second = run(server.command());
    EXPECT_EQ(second.status, 1);
    EXPECT_EQ(lines_of(second.err).size(), 1U) << second.err;
    EXPECT_NE(second.err.find("process " + std::to_string(server.pid()) + " is serving"),
              std::string::npos)
        << second.err;
    client.expect_pong();
    EXPECT_TRUE(server.is_running());
    expect_store_failure(server, "lock was deleted or replaced");
    client.send_message(2, "refused");
    client.expect_error("store-failed", "2");
    EXPECT_EQ(server.stop(), 1);
    EXPECT_NE(last_line(server.errors()).find("is kept for the next start"), std::string::npos);
    server.start();
    RawClient again = log_in_when_store_works(server);
    send_and_expect_sent(again, 2, "two");
    EXPECT_EQ(server.stop(), 0) << server.errors();
}

/// True if the process has a pidfd, with which it waits for the end of another process.
bool holds_a_pidfd(pid_t pid) {
    const fs::path descriptors = "/proc/" + std::to_string(pid) + "/fd";
    std::error_code error;
    for (const auto& entry : fs::directory_iterator{descriptors, error}) {
        if (fs::read_symlink(entry, error) == "anon_inode:[pidfd]") return true;
    }
    return false;
}

TEST(VanishedLock, AServerThatWaitedForAnotherToEndDoesNotAdoptItsRemovedSegment) {
    Server first;
    const pid_t supervisor = first.pid();
    ::kill(supervisor, SIGSTOP);
    fs::remove(first.data_dir() / "lock");
    Process second{first.command()};
    const bool waits = eventually([&] { return holds_a_pidfd(second.pid()); });
    ::kill(supervisor, SIGTERM);
    ::kill(supervisor, SIGCONT);
    ASSERT_TRUE(waits);
    ASSERT_TRUE(eventually([&] { return second.out().ends_with('\n'); })) << second.err();
    EXPECT_EQ(second.err().find("adopted"), std::string::npos) << second.err();
    EXPECT_EQ(first.belfryctl({"status", "--json"}).status, 0);
    EXPECT_EQ(first.stop(), 0) << first.errors();
    second.signal(SIGTERM);
    EXPECT_EQ(second.wait(), 0) << second.err();
}

TEST(VanishedLock, TheAliveFileIsMissedUntilARestart) {
    Server server{{.durability = "commit"}};
    RawClient client = server.log_in("1");
    send_and_expect_sent(client, 1, "one");
    fs::remove(server.data_dir() / "alive");
    expect_store_failure(server, "alive");
    client.send_message(2, "refused");
    client.expect_error("store-failed", "2");
    EXPECT_EQ(server.stop(), 1);
    server.start();
    RawClient again = log_in_when_store_works(server);
    send_and_expect_sent(again, 2, "two");
}

TEST(VanishedLock, TheStoreLockIsCreatedAgainAndTaken) {
    Server server{{.durability = "commit"}};
    RawClient client = server.log_in("1");
    send_and_expect_sent(client, 1, "one");
    const fs::path lock = server.data_dir() / "store-lock";
    fs::remove(lock);
    expect_store_failure(server, "store-lock no longer exists");
    EXPECT_TRUE(server.will_say("the store works again")) << server.errors();
    EXPECT_TRUE(fs::exists(lock));
    send_and_expect_sent(client, 2, "two");
    EXPECT_EQ(server.belfryctl({"stop"}).status, 0) << server.errors();
    EXPECT_EQ(StoreDb{server.data_dir()}.number("SELECT count(*) FROM messages"), 2U);
}

TEST(VanishedLock, TheStoreLockIsNotTakenFromAServerInARecreatedDirectory) {
    Server first{{.durability = "commit"}};
    const SegmentToRemove segment{first};
    RawClient client = first.log_in("1");
    send_and_expect_sent(client, 1, "of the first");
    const fs::path aside = first.folder() / "aside";
    fs::rename(first.data_dir(), aside);
    Process second{first.command()};
    ASSERT_TRUE(eventually([&] { return second.out().ends_with('\n'); })) << second.err();
    expect_store_failure(first, "the store is gone");
    client.send_message(2, "refused");
    client.expect_error("store-failed", "2");
    second.signal(SIGTERM);
    EXPECT_EQ(second.wait(), 0) << second.err();
    fs::remove_all(first.data_dir());
    fs::rename(aside, first.data_dir());
    EXPECT_TRUE(first.will_say("the store works again")) << first.errors();
    send_and_expect_sent(client, 2, "two");
    EXPECT_EQ(first.stop(), 0) << first.errors();
}

TEST(VanishedLock, RemoveStillRefusesTheSegmentOfARunningServer) {
    Server server;
    RawClient client = server.log_in("1");
    server.kill_supervisor();
    for (const char* name : {"lock", "alive"}) fs::remove(server.data_dir() / name);
    EXPECT_EQ(server.belfryctl({"remove"}).status, 1);
    EXPECT_TRUE(server.segment());
    client.expect_pong();
}

TEST(VanishedLock, TwoServersOfARecreatedDirectoryDoNotDisturbEachOther) {
    for (const std::string durability : {"commit", "memory"}) {
        Server first{{.durability = durability}};
        const int shmid = first.segment().value().shmid;
        RawClient client = first.log_in("1");
        send_and_expect_sent(client, 1, "of the first");
        fs::remove_all(first.data_dir());

        Invocation command = first.command();
        Process second{command};
        ASSERT_TRUE(eventually([&] { return second.out().ends_with('\n'); })) << second.err();
        const Result status = first.belfryctl({"status", "--json"});
        EXPECT_EQ(status.status, 0) << status.err;
        client.expect_pong();
        EXPECT_EQ(first.stop(), durability == "memory" ? 0 : 1) << first.errors();
        for (const char* name : {"data/port-file", "port"}) {
            EXPECT_TRUE(fs::exists(first.folder() / name)) << name;
        }
        const Result after = first.belfryctl({"status", "--json"});
        EXPECT_EQ(after.status, 0) << after.err;
        EXPECT_EQ(nlohmann::json::parse(after.out).at("log").at("epoch"),
                  nlohmann::json::parse(status.out).at("log").at("epoch"));
        second.signal(SIGTERM);
        EXPECT_EQ(second.wait(), 0) << second.err();
        ::shmctl(shmid, IPC_RMID, nullptr);
    }
}

}  // namespace
}  // namespace belfry::test
