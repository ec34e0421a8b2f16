#include "tests/support/deadline.hpp"
#include "tests/support/server.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <string>

/// Sessions that are idle for some time.
namespace belfry::test {
namespace {

std::set<std::string> threads_of(pid_t pid) {
    std::set<std::string> threads;
    for (const auto& entry :
         std::filesystem::directory_iterator{"/proc/" + std::to_string(pid) + "/task"}) {
        threads.insert(entry.path().filename());
    }
    return threads;
}

TEST(IdleSession, GetsANewOutputThreadAfterTheOldOneHasWritten) {
    const Server server;
    RawClient reader = server.log_in("1");
    RawClient sender = server.log_in("2");
    sender.send("SEND 1 5\r\nfirst\r\n");
    sender.expect("SENT 1 1");
    reader.expect_message(1, "2", "first");
    const pid_t child = server.child_of("1");
    std::set<std::string> before;
    ASSERT_TRUE(eventually([&] {
        before = threads_of(child);
        return before.size() == 2;
    }));
    constexpr Milliseconds idle_and_more{
        30'000};  // the thread is replaced after 5 to 10 s without output
    ASSERT_TRUE(eventually(
        [&] {
            const auto now = threads_of(child);
            return now.size() == 2 && now != before;
        },
        idle_and_more));
    sender.send("SEND 2 6\r\nsecond\r\n");
    sender.expect("SENT 2 2");
    reader.expect_message(2, "2", "second");
    reader.send("SEND 1 5\r\nthird\r\n");
    reader.expect("SENT 1 3");
    sender.expect_message(3, "1", "third");
}

}  // namespace
}  // namespace belfry::test
