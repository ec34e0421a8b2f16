#include "tests/support/server.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <thread>

/// The main job and its scenarios, as scripts that a person can read and run.
namespace belfry::test {
namespace {

TEST(MainJob, TenThousandLinesArriveWholeAndInOrderThoughChildrenAreKilled) {
    Invocation script{"/bin/bash", {source_file("tests/system/main_job.sh").string()}};
    script.environment = {{"BELFRY_BIN", program("belfryd").parent_path().string()}};
    script.death_signal = SIGTERM;
    const Result result = run(script, Milliseconds{60'000});
    EXPECT_EQ(result.status, 0);
    std::cout << result.out;
    if (result.status != 0) std::cout << result.err;
}

/// The scenarios against a server, in a folder of their own.
Result play(std::uint16_t port, const std::string& ids, const std::filesystem::path& folder) {
    Invocation script{"/bin/bash",
                      {source_file("tests/system/scenarios.sh").string(), std::to_string(port),
                       "localhost", ids}};
    script.environment = {{"BELFRY_BIN", program("belfryd").parent_path().string()},
                          {"BELFRY_JSON", "false"},
                          {"TMPDIR", folder.string()}};
    script.death_signal = SIGTERM;
    return run(script, Milliseconds{60'000});
}

/// A client that sends as long as this lives.
class Talker {
  public:
    explicit Talker(RawClient client) : client_{std::move(client)}, thread_{[this] { talk(); }} {}
    Talker(const Talker&) = delete;
    Talker& operator=(const Talker&) = delete;
    ~Talker() {
        is_to_end_ = true;
        thread_.join();
    }

  private:
    void talk() {
        while (!is_to_end_) {
            client_.send("SAY by somebody else\r\n");
            client_.read_until("SENT");
            std::this_thread::sleep_for(Milliseconds{1});
        }
    }

    RawClient client_;
    std::atomic<bool> is_to_end_ = false;
    std::thread thread_;
};

std::size_t count_in(const std::filesystem::path& file, const std::string& part) {
    std::ifstream lines{file};
    std::size_t count = 0;
    for (std::string line; std::getline(lines, line);) count += line.find(part) != line.npos;
    return count;
}

TEST(Scenarios, PassOnAServerThatRunsAndHasAHistoryAndOtherClients) {
    const Server server{{.client_ids = "ann,bob.1,c_3,other", .durability = "commit"}};
    RawClient other = server.log_in("other");
    for (int i = 1; i <= 500; ++i) other.send_message(i, "old\n{\"text\":\"scenario-1\"}");
    other.read_until_id(500);
    const TempDir folder;
    Result result{};
    {
        const Talker talker{std::move(other)};
        result = play(server.port(), "ann,bob.1,c_3", folder.path());
    }
    EXPECT_EQ(result.status, 0) << result.out << result.err;
    EXPECT_EQ(lines_of(result.out).back(), "7 passed, 0 failed") << result.out << result.err;
    // What the clients had missed is kept for their owners.
    const std::string kept = "client bob.1 received ";
    EXPECT_NE(result.out.find(kept), std::string::npos) << result.out;
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator{folder.path()}) {
        if (!entry.is_regular_file()) continue;
        EXPECT_EQ(count_in(entry.path(), "\"text\":\"old"), 500U) << entry.path();
        ++files;
    }
    EXPECT_EQ(files, 3U);
}

TEST(Scenarios, FailWhereNobodyListens) {
    const TempDir folder;
    // No other test's server can have this port.
    const Result result = play(1, "1,2,3", folder.path());
    EXPECT_EQ(result.status, 1) << result.out << result.err;
    EXPECT_EQ(lines_of(result.out).back(), "0 passed, 7 failed") << result.out;
}

TEST(Scenarios, FailWhereTheServerDoesNotKnowAClient) {
    const Server server;
    const TempDir folder;
    const Result result = play(server.port(), "1,2,stranger", folder.path());
    EXPECT_EQ(result.status, 1) << result.out << result.err;
    EXPECT_EQ(lines_of(result.out).back(), "0 passed, 7 failed") << result.out;
    EXPECT_NE(result.err.find("unknown-client"), std::string::npos) << result.err;
}

TEST(Scenarios, NeedPortAndServerTogether) {
    const Result result = run({"/bin/sh", {source_file("run_tests.sh").string(), "5000"}});
    EXPECT_EQ(result.status, 2);
    EXPECT_NE(result.err.find("[PORT SERVER [IDS]]"), std::string::npos) << result.err;
}

TEST(Scenarios, NeedThreeDifferentClients) {
    const TempDir folder;
    for (const std::string ids : {"1,2", "1,1,2", "", "1,2,/"}) {
        const Result result = play(1, ids, folder.path());
        EXPECT_EQ(result.status, 2) << ids;
        EXPECT_NE(result.err.find("usage: PORT SERVER [IDS]"), std::string::npos) << result.err;
    }
}

}  // namespace
}  // namespace belfry::test
