#include "tests/support/proc.hpp"
#include "tests/support/server.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

/// The questions of a client are bounded: a client that asks very much is held back, and gets no
/// error.
namespace belfry::test {
namespace {

/// Appends messages as client 1, which logs in with `presence=off`.
void append(const Server& server, int count) {
    RawClient sender = server.log_in("1");
    constexpr int batch = 1000;
    std::string bytes;
    for (int number = 0; number < batch; ++number) bytes += "SAY x\r\n";
    for (int sent = 0; sent < count; sent += batch) {
        sender.send(bytes);
        sender.read_until_id(static_cast<std::uint64_t>(sent) + batch);
    }
    sender.quit();
}

TEST(Questions, TheAnswerToHistoryEndsAfterAHundredThousandMessages) {
    const Server server;
    append(server, 101'000);
    RawClient client = server.log_in("2");
    client.send("HISTORY 1 200000\r\n");
    const auto first = client.read_until("END");
    EXPECT_EQ(first.size(), 100'001U);
    EXPECT_EQ(first.back().line, "END 1 100000");
    client.send("HISTORY 100001 200000\r\n");
    const auto rest = client.read_until("END");
    EXPECT_EQ(rest.size(), 1'001U);
    EXPECT_EQ(rest.back().line, "END 100001 101000");
}

TEST(Questions, AClientThatAsksAllTheTimeIsHeldBackButGetsNoError) {
    const Server server;
    RawClient asking = server.log_in("1");
    std::string bytes;
    for (int count = 0; count < 4500; ++count) bytes += "WHO\r\n";
    const auto start = Clock::now();
    asking.send(bytes);
    RawClient other = server.log_in("2");
    other.expect_pong();
    for (int count = 0; count < 4500; ++count) {
        const auto users = asking.read_until("END");
        ASSERT_EQ(count_verb(users, "ERR"), 0U);
    }
    std::cout << "4500 answers to WHO took " << milliseconds_since(start) << " ms\n";
    asking.send("nonsense\r\n");
    asking.expect_error("unknown-command");
    asking.expect_pong();
    asking.quit();
}

/// Tells whether the process has the file open.
bool has_open(pid_t pid, const std::filesystem::path& file) {
    const auto links = std::filesystem::directory_iterator{"/proc/" + std::to_string(pid) + "/fd"};
    return std::ranges::any_of(links, [&](const auto& link) {
        std::error_code error;
        return std::filesystem::read_symlink(link.path(), error) == file;
    });
}

TEST(Questions, TheReaderOfTheStoreStaysOpenBetweenTwoQuestions) {
    const Server server{
        {.more = {"--ring-size", "64K", "--max-payload", "1K"}, .durability = "commit"}};
    append(server, 5'000);
    RawClient client = server.log_in("2");
    const pid_t session = server.child_of("2");
    const auto store = server.data_dir() / "belfry.db";
    client.expect_pong();
    client.send("HISTORY 1 10\r\n");
    EXPECT_EQ(client.read_until("END").back().line, "END 1 10");
    EXPECT_TRUE(has_open(session, store));
    client.send("HISTORY 11 10\r\n");
    EXPECT_EQ(client.read_until("END").back().line, "END 11 20");
    EXPECT_TRUE(has_open(session, store));
}

}  // namespace
}  // namespace belfry::test
