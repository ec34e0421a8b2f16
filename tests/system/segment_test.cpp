#include "tests/support/failure.hpp"
#include "tests/support/proc.hpp"
#include "tests/support/server.hpp"

#include <sys/shm.h>
#include <sys/stat.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <iostream>
#include <string>

/// The segment as `ipcs -m` and the data directory show it.
namespace belfry::test {
namespace {

/// Waits until as many processes are attached to the segment as the server has.
bool all_processes_are_attached(const Server& server) {
    return eventually([&] {
        const auto before = server.all_processes().size();
        return server.attached() == before && server.all_processes().size() == before;
    });
}

TEST(Segment, IsAttachedByEveryProcessOfTheServer) {
    const Server server{{.client_ids = "1,2,3,4,5,6"}};
    EXPECT_EQ(server.attached(), 1U);
    std::vector<RawClient> clients;
    for (const char* id : {"1", "2", "3", "4", "5", "6"}) {
        clients.push_back(server.log_in(id));
        EXPECT_TRUE(all_processes_are_attached(server));
        EXPECT_EQ(server.attached(), 1 + clients.size());
    }
    while (!clients.empty()) {
        clients.back().quit();
        clients.pop_back();
        EXPECT_TRUE(eventually([&] { return server.attached() == 1 + clients.size(); }));
        EXPECT_TRUE(all_processes_are_attached(server));
    }
}

TEST(Segment, IsDetachedFromAKilledChild) {
    const Server server;
    RawClient one = server.log_in("1");
    RawClient two = server.log_in("2");
    ::kill(server.child_of("1"), SIGKILL);
    EXPECT_TRUE(eventually([&] { return server.attached() == 2; }));
    EXPECT_TRUE(all_processes_are_attached(server));
    two.expect_pong();
}

TEST(Segment, IsExcludedFromTheCoreDumpsOfAllProcesses) {
    const Server server{{.durability = "commit"}};
    const RawClient client = server.log_in("1");
    const auto segment = server.segment();
    ASSERT_TRUE(segment);
    for (const pid_t process : {server.pid(), server.archiver(), server.child_of("1")}) {
        const auto flags = mapping_flags(process, segment->shmid);
        EXPECT_FALSE(flags.empty()) << "the segment is not mapped";
        for (const std::string& mapping : flags) {
            EXPECT_NE(mapping.find(" dd "), std::string::npos) << mapping;
        }
    }
}

TEST(Segment, IsReadableOnlyByItsOwner) {
    const Server server;
    const auto segment = server.segment();
    ASSERT_TRUE(segment);
    EXPECT_EQ(segment->mode & 0777U, 0600U);
    EXPECT_GE(segment->bytes, 64U * 1024 * 1024);
}

TEST(Segment, FilesOfTheDataDirectoryAreReadableOnlyByTheirOwner) {
    const Server server;
    RawClient client = server.log_in("1");
    int files = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator{server.data_dir()}) {
        struct stat state {};
        ASSERT_EQ(::stat(entry.path().c_str(), &state), 0);
        EXPECT_EQ(state.st_mode & 077U, 0U) << entry.path();
        if (entry.is_regular_file()) {
            ++files;
            EXPECT_EQ(state.st_mode & 0777U, 0600U) << entry.path();
        }
    }
    EXPECT_GT(files, 0);
}

TEST(Segment, IsRemovedByACleanStop) {
    Server server;
    RawClient client = server.log_in("1");
    EXPECT_TRUE(server.segment());
    EXPECT_EQ(server.stop(), 0) << server.errors();
    EXPECT_FALSE(server.segment());
    EXPECT_TRUE(server.all_processes().empty());
}

TEST(Segment, IsAdoptedByTheNextServerAfterAKill) {
    Server server;
    const auto before = server.segment();
    ASSERT_TRUE(before);
    server.kill_all();
    ASSERT_TRUE(server.segment());
    EXPECT_EQ(server.attached(), 0U);
    server.start();
    EXPECT_EQ(server.segment()->shmid, before->shmid);
    EXPECT_EQ(server.stop(), 0);
    EXPECT_FALSE(server.segment());
}

/// A segment that the test attaches itself.
class Attached {
  public:
    explicit Attached(int shmid) : address_{::shmat(shmid, nullptr, 0)} {
        if (address_ == reinterpret_cast<void*>(-1)) throw system_failure("shmat");
    }
    Attached(const Attached&) = delete;
    Attached& operator=(const Attached&) = delete;
    ~Attached() { ::shmdt(address_); }

    void write_word(std::size_t offset, std::uint32_t value) {
        std::memcpy(static_cast<char*>(address_) + offset, &value, sizeof value);
    }

  private:
    void* address_;
};

TEST(Segment, ASegmentOfAnotherLayoutIsReportedWithExitCode1) {
    Server server;
    server.kill_all();
    // The layout version is the word after the magic, in every version of the program.
    constexpr std::size_t layout_version_offset = 8;
    constexpr std::uint32_t unknown_version = 4711;
    Attached{server.segment()->shmid}.write_word(layout_version_offset, unknown_version);

    const Result result = run(server.command());
    EXPECT_EQ(result.status, 1);
    EXPECT_EQ(std::ranges::count(result.err, '\n'), 1) << result.err;
    EXPECT_NE(result.err.find("layout"), std::string::npos) << result.err;
    EXPECT_NE(result.err.find("4711"), std::string::npos) << result.err;
    // belfryd has not removed the segment.
    EXPECT_TRUE(server.segment());
}

TEST(Segment, ASegmentOfAnotherLayoutIsRestoredFromTheStoreAndItsProcessesEnd) {
    Server server{{.durability = "commit"}};
    RawClient client = server.log_in("1");
    client.send_message(1, "text");
    client.expect("SENT 1 1");
    const auto segment = server.segment();
    server.kill_supervisor();
    constexpr std::size_t layout_version_offset = 8;
    Attached{segment->shmid}.write_word(layout_version_offset, 4711);
    server.start();
    EXPECT_NE(server.errors().find("a different layout"), std::string::npos) << server.errors();
    client.expect("BYE shutting-down");
    client.expect_closed();
    EXPECT_NE(server.segment()->shmid, segment->shmid);
    RawClient reader = server.connect();
    reader.log_in("2");
    reader.expect_message(1, "1", "text");
}

TEST(Segment, ARemovedSegmentIsRestoredFromTheStoreAndItsProcessesEnd) {
    Server server{{.durability = "commit"}};
    RawClient client = server.log_in("1");
    server.kill_supervisor();
    ASSERT_EQ(::shmctl(server.segment()->shmid, IPC_RMID, nullptr), 0);
    client.send_message(1, "into the segment that is about to go");
    client.expect("SENT 1 1");
    server.start();
    client.expect("BYE shutting-down");
    RawClient reader = server.connect();
    reader.log_in("2");
    reader.expect_message(1, "1", "into the segment that is about to go");
}

TEST(Segment, ASegmentOfAnotherProgramIsNeverTouched) {
    const int foreign = ::shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600);
    ASSERT_GE(foreign, 0);
    {
        Server server;
        server.kill_all();
        server.start();
        EXPECT_EQ(server.stop(), 0);
    }
    shmid_ds state{};
    EXPECT_EQ(::shmctl(foreign, IPC_STAT, &state), 0);
    EXPECT_EQ(::shmctl(foreign, IPC_RMID, nullptr), 0);
}

TEST(Segment, ALostSegmentIsCreatedAgain) {
    Server server;
    RawClient client = server.connect();
    const std::string epoch = client.log_in("1").option("epoch");
    server.kill_all();
    ASSERT_EQ(::shmctl(server.segment()->shmid, IPC_RMID, nullptr), 0);
    server.start();
    const Frame welcome = server.connect().log_in("1");
    EXPECT_EQ(welcome.option("last"), "0");
    EXPECT_NE(welcome.option("epoch"), epoch);
}

}  // namespace
}  // namespace belfry::test
