#include "tests/support/server.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <thread>

/// Runs the scripts for the main job and its scenarios, which people can also read and run.
namespace belfry::test {
namespace {

TEST(MainJob, TenThousandLinesArriveWholeAndInOrderAlthoughSessionsAreKilled) {
    Invocation script{"/bin/bash", {source_file("tests/system/main_job.sh").string()}};
    script.environment = {{"BELFRY_BIN", program("belfryd").parent_path().string()}};
    script.death_signal = SIGTERM;
    const Result result = run(script, Milliseconds{60'000});
    EXPECT_EQ(result.status, 0);
    std::cout << result.out;
    if (result.status != 0) std::cout << result.err;
}

/// Runs the scenarios against a server. They keep their files in `folder`.
Result run_scenarios(std::uint16_t port, const std::string& ids,
                     const std::filesystem::path& folder) {
    Invocation script{"/bin/bash",
                      {source_file("tests/system/scenarios.sh").string(), std::to_string(port),
                       "localhost", ids}};
    script.environment = {{"BELFRY_BIN", program("belfryd").parent_path().string()},
                          {"BELFRY_JSON", "false"},
                          {"TMPDIR", folder.string()}};
    script.death_signal = SIGTERM;
    return run(script, Milliseconds{60'000});
}

/// A client that sends until the object is destroyed.
class BackgroundSender {
  public:
    explicit BackgroundSender(RawClient client)
        : client_{std::move(client)}, thread_{[this] { run(); }} {}
    BackgroundSender(const BackgroundSender&) = delete;
    BackgroundSender& operator=(const BackgroundSender&) = delete;
    ~BackgroundSender() {
        stopping_ = true;
        thread_.join();
    }

  private:
    void run() {
        while (!stopping_) {
            client_.send("SAY by somebody else\r\n");
            client_.read_until("SENT");
            std::this_thread::sleep_for(Milliseconds{1});
        }
    }

    RawClient client_;
    std::atomic<bool> stopping_ = false;
    std::thread thread_;
};

std::size_t count_in(const std::filesystem::path& file, const std::string& part) {
    std::ifstream lines{file};
    std::size_t count = 0;
    for (std::string line; std::getline(lines, line);) count += line.find(part) != line.npos;
    return count;
}

TEST(Scenarios, PassOnARunningServerWithAHistoryAndOtherClients) {
    const Server server{{.client_ids = "ann,bob.1,c_3,other", .durability = "commit"}};
    RawClient other = server.log_in("other");
    for (int i = 1; i <= 500; ++i) other.send_message(i, "old\n{\"text\":\"scenario-1\"}");
    other.read_until_id(500);
    const TempDir folder;
    Result result{};
    {
        const BackgroundSender background{std::move(other)};
        result = run_scenarios(server.port(), "ann,bob.1,c_3", folder.path());
    }
    EXPECT_EQ(result.status, 0) << result.out << result.err;
    EXPECT_EQ(lines_of(result.out).back(), "7 passed, 0 failed") << result.out << result.err;
    // The messages that the clients had missed are kept in files.
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

TEST(Scenarios, FailIfNoServerListens) {
    const TempDir folder;
    // No test server can listen on port 1.
    const Result result = run_scenarios(1, "1,2,3", folder.path());
    EXPECT_EQ(result.status, 1) << result.out << result.err;
    EXPECT_EQ(lines_of(result.out).back(), "0 passed, 7 failed") << result.out;
}

TEST(Scenarios, FailIfTheServerDoesNotKnowAClient) {
    const Server server;
    const TempDir folder;
    const Result result = run_scenarios(server.port(), "1,2,stranger", folder.path());
    EXPECT_EQ(result.status, 1) << result.out << result.err;
    EXPECT_EQ(lines_of(result.out).back(), "0 passed, 7 failed") << result.out;
    EXPECT_NE(result.err.find("unknown-client"), std::string::npos) << result.err;
}

TEST(Scenarios, RequirePortAndServerTogether) {
    const Result result = run({"/bin/sh", {source_file("run_tests.sh").string(), "5000"}});
    EXPECT_EQ(result.status, 2);
    EXPECT_NE(result.err.find("[PORT SERVER [IDS]]"), std::string::npos) << result.err;
}

TEST(Scenarios, RequireThreeDifferentClients) {
    const TempDir folder;
    for (const std::string ids : {"1,2", "1,1,2", "", "1,2,/"}) {
        const Result result = run_scenarios(1, ids, folder.path());
        EXPECT_EQ(result.status, 2) << ids;
        EXPECT_NE(result.err.find("usage: PORT SERVER [IDS]"), std::string::npos) << result.err;
    }
}

}  // namespace
}  // namespace belfry::test
