#include "tests/support/belfryctl.hpp"
#include "tests/support/server.hpp"
#include "tests/support/store_db.hpp"

#include <gtest/gtest.h>

#include <string>

/// `belfryctl search` in the store of a running, a stopped and a dead server.
namespace belfry::test {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

TEST(BelfryctlSearch, FindsMessagesOfARunningADeadAndAStoppedServer) {
    Server server{{.durability = "commit"}};
    publish(server, {"the first bell", "a second one", "The BELL again"});
    const Lines expected{"the first bell", "The BELL again"};
    const auto found = [&] { return server.belfryctl({"search", "bell"}); };
    EXPECT_EQ(texts_of(found().out), expected);
    const std::string log = server.belfryctl({"log"}).out;
    EXPECT_EQ(lines_of(found().out).front(), lines_of(log).front())
        << "search and log print different forms";
    server.kill_all();
    EXPECT_EQ(texts_of(found().out), expected);
    server.lose_segment();
    EXPECT_EQ(texts_of(found().out), expected);
    server.start();
    EXPECT_EQ(server.stop(), 0);
    const Result result = found();
    EXPECT_EQ(texts_of(result.out), expected);
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_EQ(result.err, "");
}

TEST(BelfryctlSearch, TheSearchedTextHasNoWildcards) {
    const Server server{{.durability = "commit"}};
    publish(server, {"100% sure", "100 times", "snake_case", "snakeXcase"});
    EXPECT_EQ(texts_of(server.belfryctl({"search", "100%"}).out), Lines{"100% sure"});
    EXPECT_EQ(texts_of(server.belfryctl({"search", "snake_"}).out), Lines{"snake_case"});
    EXPECT_EQ(texts_of(server.belfryctl({"search", "'"}).out), Lines{});
}

TEST(BelfryctlSearch, PrintsNothingAndSucceedsIfNoMessageMatches) {
    const Server server{{.durability = "commit"}};
    for (int round = 0; round < 2; ++round) {
        const Result result = server.belfryctl({"search", "nobody said this"});
        EXPECT_EQ(result.status, 0);
        EXPECT_EQ(result.out + result.err, "");
        publish(server, {"something"});
    }
}

TEST(BelfryctlSearch, PrintsEachMessageOnOneLineWithoutControlCharacters) {
    const Server server{{.durability = "commit"}};
    publish(server, {"bell \x1b[2J\x07\nand\ttab", "bell \xc2\x9b\xff\xc3\xbc"});
    EXPECT_EQ(texts_of(server.belfryctl({"search", "bell"}).out),
              (Lines{"bell ?[2J??and?tab", "bell ??\xc3\xbc"}));
}

TEST(BelfryctlSearch, PrintsAForgedSenderWithoutControlCharacters) {
    Server server{{.durability = "commit"}};
    publish(server, {"bell"});
    EXPECT_EQ(server.stop(), 0);
    StoreDb{server.data_dir()}.run("UPDATE messages SET sender = char(27, 10, 8238)");
    const std::string line = server.belfryctl({"search", "bell"}).out;
    EXPECT_TRUE(line.ends_with(" ???: bell\n")) << line;
    EXPECT_EQ(json::parse(server.belfryctl({"search", "bell", "--json"}).out).at("from"),
              "\x1b\n\u202e");
}

TEST(BelfryctlSearch, FindsMessagesThatHaveLeftTheRingAndLieManyPagesApart) {
    const Server server{
        {.more = {"--ring-size", "64K", "--max-payload", "8K"}, .durability = "commit"}};
    publish(server, {"needle one"});
    publish_many(server, 25'000);
    publish(server, {"needle two"});
    EXPECT_EQ(texts_of(server.belfryctl({"search", "NEEDLE"}).out),
              (Lines{"needle one", "needle two"}));
    EXPECT_EQ(lines_of(server.belfryctl({"search", "x"}).out).size(), 25'000U);
}

TEST(BelfryctlSearch, WithJsonPrintsOneObjectPerMessage) {
    const Server server{{.durability = "commit"}};
    publish(server, {"plain", std::string{"bytes \xff", 7}});
    const Lines lines = lines_of(server.belfryctl({"search", "b", "--json"}).out);
    ASSERT_EQ(lines.size(), 1U);
    const json message = json::parse(lines.front());
    EXPECT_EQ(message.at("id"), 2);
    EXPECT_EQ(message.at("from"), "1");
    EXPECT_EQ(message.at("seq"), 2);
    EXPECT_EQ(message.at("data"), "Ynl0ZXMg/w==");
}

}  // namespace
}  // namespace belfry::test
