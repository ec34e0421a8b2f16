#include "tests/support/server.hpp"
#include "tests/support/store_db.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <set>
#include <sqlite3.h>
#include <string>
#include <vector>

/// The programs in client/examples/.
namespace belfry::test {
namespace {

Process example(const Server& server, const std::string& name, std::vector<std::string> arguments) {
    arguments.push_back("tcp://127.0.0.1:" + std::to_string(server.port()));
    return Process{{.program = beside_test_program("../examples") / name,
                    .arguments = std::move(arguments),
                    .input = Input::pipe()}};
}

std::string next_from(RawClient& client, std::string_view sender) {
    for (;;) {
        const Frame frame = client.next();
        if (frame.verb == "MSG" && frame.fields.at(1) == sender) return frame.payload;
    }
}

std::vector<std::string> rows(const std::filesystem::path& path, const std::string& sql) {
    sqlite3* database = nullptr;
    // It does not exist before the example has made it.
    static_cast<void>(sqlite3_open_v2(path.c_str(), &database, SQLITE_OPEN_READWRITE, nullptr));
    sqlite3_busy_timeout(database, 10'000);
    std::vector<std::string> found;
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(database, sql.c_str(), -1, &statement, nullptr) == SQLITE_OK) {
        while (sqlite3_step(statement) == SQLITE_ROW) {
            found.emplace_back(reinterpret_cast<const char*>(sqlite3_column_text(statement, 0)));
        }
    }
    sqlite3_finalize(statement);
    sqlite3_close(database);
    return found;
}

TEST(LibbelfryExamples, AreShort) {
    std::size_t examples = 0;
    for (const auto& file : std::filesystem::directory_iterator{
             source_file("client/examples/bot.cpp").parent_path()}) {
        std::ifstream in{file.path()};
        const std::string text{std::istreambuf_iterator<char>{in}, {}};
        EXPECT_LE(lines_of(text).size(), 60u) << file.path();
        ++examples;
    }
    EXPECT_EQ(examples, 4u);
}

TEST(LibbelfryExamples, TheBotAnswers) {
    const Server server;
    RawClient person = server.log_in("1");
    Process bot = example(server, "bot", {"2"});
    person.send_message(1, "!time");
    EXPECT_TRUE(next_from(person, "2").starts_with("1: "));
    person.send_message(2, "!who");
    EXPECT_EQ(next_from(person, "2"), "1: online are 1 2");
    bot.close_input();
    EXPECT_EQ(bot.wait(), 0) << bot.err();
}

TEST(LibbelfryExamples, TheEventLogHasEachMessageOnceAlthoughItIsKilled) {
    constexpr std::uint64_t rounds = 15;
    constexpr std::uint64_t in_each_round = 20;
    const Server server;
    const auto database = server.folder() / "events.db";
    RawClient machine = server.log_in("1");
    std::mt19937 random{std::random_device{}()};
    std::vector<std::string> sent;
    const auto count = [&] { return rows(database, "SELECT count(*) FROM events"); };
    for (std::uint64_t round = 0; round < rounds; ++round) {
        Process log = example(server, "event_log", {"2", database.string()});
        for (std::uint64_t n = 0; n < in_each_round; ++n) {
            sent.push_back("event " + std::to_string(sent.size()));
            machine.send_message(sent.size(), sent.back());
        }
        // Killed anywhere between its start and a moment after its last message.
        const auto wanted = sent.size() - random() % in_each_round;
        EXPECT_TRUE(eventually([&] {
            const auto rows = count();
            return !rows.empty() && std::stoull(rows[0]) >= wanted;
        })) << log.err();
        log.signal(SIGKILL);
        log.wait();
    }
    Process log = example(server, "event_log", {"2", database.string()});
    EXPECT_TRUE(eventually([&] { return count() == std::vector{std::to_string(sent.size())}; }));
    EXPECT_EQ(rows(database, "SELECT payload FROM events ORDER BY id"), sent);
}

TEST(LibbelfryExamples, EachJobIsDoneByOneWorker) {
    constexpr std::uint64_t jobs = 100;
    const Server server{{.client_ids = "1,2,3,4"}};
    RawClient boss = server.log_in("1");
    std::vector<Process> workers;
    for (const char* id : {"2", "3", "4"}) workers.push_back(example(server, "jobs", {id}));
    for (std::uint64_t job = 1; job <= jobs; ++job) {
        boss.send_message(job, "job " + std::to_string(job));
    }
    std::multiset<std::string> done;
    while (done.size() < jobs) {
        const Frame frame = boss.next();
        if (frame.payload.starts_with("done ")) done.insert(frame.payload);
    }
    std::multiset<std::string> worked;
    for (auto& worker : workers) {
        worker.signal(SIGKILL);
        worker.wait();
        const auto lines = lines_of(worker.out());
        worked.insert(lines.begin(), lines.end());
    }
    EXPECT_EQ(worked.size(), jobs);
    for (std::uint64_t job = 1; job <= jobs; ++job) {
        EXPECT_EQ(worked.count(std::to_string(job)), 1u) << job;
    }
}

TEST(LibbelfryExamples, TheBridgeSendsEachLineOfItsInputOnce) {
    constexpr int lines = 5000;
    const Server server;
    RawClient reader = server.log_in("1");
    Process bridge = example(server, "bridge", {"2"});
    std::string input;
    for (int line = 0; line < lines; ++line) input += "line " + std::to_string(line) + "\n";
    bridge.write(input);
    EXPECT_EQ(next_from(reader, "2"), "line 0");
    ::kill(server.child_of("2"), SIGKILL);
    bridge.close_input();
    for (int line = 1; line < lines; ++line) {
        ASSERT_EQ(next_from(reader, "2"), "line " + std::to_string(line));
    }
    EXPECT_EQ(bridge.wait(), 0) << bridge.err();
}

}  // namespace
}  // namespace belfry::test
