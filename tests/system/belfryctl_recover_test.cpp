#include "tests/support/vanished_store.hpp"

#include <sys/shm.h>

#include <gtest/gtest.h>

#include <string>
#include <string_view>

/// `belfryctl recover` makes a store from a segment that holds the last copy of the log.
namespace belfry::test {
namespace {

void expect_refused(const Result& result, std::string_view why) {
    EXPECT_EQ(result.status, 1) << result.out;
    EXPECT_EQ(lines_of(result.err).size(), 1U) << result.err;
    EXPECT_NE(result.err.find(why), std::string::npos) << result.err;
}

TEST(Recover, ReportsMessagesThatHadLeftTheSegmentAndReadersReceiveAGap) {
    Server server{{.more = {"--ring-size", "64K", "--max-payload", "8K"}, .durability = "commit"}};
    RawClient client = server.log_in("1");
    constexpr std::uint64_t count = 100;
    for (std::uint64_t seq = 1; seq <= count; ++seq) {
        send_and_expect_sent(client, seq, std::string(4000, 'x'));
    }
    const std::uint64_t first = server.status().at("log").at("first_id");
    ASSERT_GT(first, 2U);
    server.kill_all();
    fs::remove_all(server.data_dir());
    const SegmentToRemove segment{server};
    const NewDataDirectory made;
    const Result recovered = made.belfryctl(segment.recover_command());
    EXPECT_EQ(recovered.status, 0) << recovered.err;
    const std::string range = std::to_string(first) + " to 100";
    EXPECT_NE(recovered.out.find("recovered messages " + range), std::string::npos);
    EXPECT_NE(recovered.out.find("messages 1 to " + std::to_string(first - 1) + " missing"),
              std::string::npos)
        << recovered.out;
    server.start(made.command(server));
    RawClient reader = server.connect();
    reader.log_in("2");
    reader.expect("GAP 1 " + std::to_string(first - 1));
    EXPECT_EQ(count_verb(reader.read_until_id(count), "MSG"), count + 1 - first);
}

TEST(Recover, RefusesTheSegmentOfARunningServer) {
    Server server{{.durability = "commit"}};
    RawClient client = server.log_in("1");
    send_and_expect_sent(client, 1, "one");
    const Lines recover{"recover", "--segment", std::to_string(server.segment().value().shmid)};
    const NewDataDirectory made;
    expect_refused(made.belfryctl(recover), "in use by a running server");
    server.kill_supervisor();
    expect_refused(made.belfryctl(recover), "in use by a running server");
    EXPECT_FALSE(fs::exists(made.path()));
    client.expect_pong();
}

TEST(Recover, RefusesASegmentWithoutAStoreAndAForeignSegment) {
    const NewDataDirectory made;
    Server memory;
    const std::string shmid = std::to_string(memory.segment().value().shmid);
    memory.kill_all();
    expect_refused(made.belfryctl({"recover", "--segment", shmid}), "memory");

    const int foreign = ::shmget(IPC_PRIVATE, 100'000, IPC_CREAT | 0600);
    const Lines recover{"recover", "--segment", std::to_string(foreign)};
    expect_refused(made.belfryctl(recover), "is not a Belfry segment");
    ::shmctl(foreign, IPC_RMID, nullptr);
    expect_refused(made.belfryctl(recover), "cannot open");
    EXPECT_FALSE(fs::exists(made.path()));
}

TEST(Recover, RefusesADataDirectoryThatHasAStoreOrASegment) {
    Server server{{.durability = "commit"}};
    RawClient client = server.log_in("1");
    send_and_expect_sent(client, 1, "one");
    server.kill_all();
    const SegmentToRemove segment{server};
    expect_refused(server.belfryctl(segment.recover_command()), "already contains a store");
    delete_database(server);
    const Result refused = server.belfryctl(segment.recover_command());
    expect_refused(refused, "already has a server segment");
    expect_refused(refused, "name a new data directory with --data-dir");
    const NewDataDirectory made;
    fs::create_directory(made.path());
    EXPECT_EQ(made.belfryctl(segment.recover_command()).status, 0);
    expect_refused(made.belfryctl(segment.recover_command()), "already contains a store");
}

TEST(Recover, ExitsWith2OnWrongUsage) {
    const NewDataDirectory made;
    for (const Lines& command :
         {Lines{"recover"}, Lines{"recover", "7"}, Lines{"recover", "--segment", "x"},
          Lines{"recover", "--segment", "-1"}, Lines{"status", "--segment", "7"}}) {
        EXPECT_EQ(made.belfryctl(command).status, 2);
    }
}

}  // namespace
}  // namespace belfry::test
