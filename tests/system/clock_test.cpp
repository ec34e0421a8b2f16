#include "tests/support/faulty_disk.hpp"
#include "tests/support/server.hpp"
#include "tests/support/store_db.hpp"

#include <signal.h>

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

/// The wall clock is set while the server runs, or the log holds times of another clock.
namespace belfry::test {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;

constexpr std::uint64_t day_ms = 86'400'000;

class WallClock : public ::testing::Test {
  protected:
    [[nodiscard]] std::uint64_t count() const {
        return StoreDb{server_.data_dir()}.number("SELECT count(*) FROM messages");
    }

    void send(RawClient& client, std::uint64_t seq) {
        client.send_message(seq, "text");
        client.expect("SENT " + std::to_string(seq) + " " + std::to_string(seq));
    }

    void set_times(const std::string& expression) const {
        StoreDb{server_.data_dir()}.run("UPDATE messages SET time = " + expression);
    }

    FaultyDisk disk_;
    Server server_{{.more = {"--keep-days", "30"},
                    .durability = "commit",
                    .environment = disk_.environment()}};
};

TEST_F(WallClock, TheTimesOfTheLogNeverDecrease) {
    {
        RawClient client = server_.log_in("1");
        send(client, 1);
        disk_.shift_clock(-30min);
        send(client, 2);
        server_.kill_supervisor();
        server_.start();
    }
    {
        RawClient client = server_.log_in("1");
        send(client, 3);
    }
    server_.kill_all();
    server_.lose_segment();
    server_.start();
    {
        RawClient client = server_.log_in("1");
        send(client, 4);
        disk_.shift_clock(30min);
        send(client, 5);
    }
    RawClient reader = server_.connect();
    reader.log_in("2");
    std::vector<std::uint64_t> times;
    for (const Frame& frame : reader.read_until("LIVE")) {
        if (frame.verb == "MSG") times.push_back(frame.number(2));
    }
    ASSERT_EQ(times.size(), 5U);
    for (std::size_t i = 1; i < 4; ++i) EXPECT_EQ(times[i], times[0]) << i;
    EXPECT_GE(times[4], times[0] + 20 * 60 * 1000);
}

TEST_F(WallClock, AJumpForwardDeletesNoMessageBeforeTheServerIsRestarted) {
    {
        RawClient client = server_.log_in("1");
        send(client, 1);
        disk_.shift_clock(days{40});
        EXPECT_TRUE(server_.will_say("the clock has jumped forward by 40 days"))
            << server_.errors();
        send(client, 2);
        // Neither the next archiver nor the next supervisor accepts the new time as the right one.
        ::kill(server_.archiver(), SIGKILL);
        send(client, 3);
        server_.kill_supervisor();
    }
    server_.start();
    {
        RawClient client = server_.log_in("1");
        ::kill(server_.archiver(), SIGKILL);
        send(client, 4);
        EXPECT_TRUE(server_.will_say("the clock has jumped forward by 40 days"))
            << server_.errors();
        server_.wait_until_saved();
        EXPECT_EQ(count(), 4U);
    }
    EXPECT_EQ(server_.stop(), 0) << server_.errors();
    server_.start();
    EXPECT_TRUE(eventually([&] { return count() == 3; }))
        << "the first message is too old, and was not deleted";
    EXPECT_EQ(StoreDb{server_.data_dir()}.number("SELECT min(id) FROM messages"), 2U);
}

TEST_F(WallClock, RetentionContinuesAfterTheClockIsCorrected) {
    {
        RawClient client = server_.log_in("1");
        send(client, 1);
        send(client, 2);
    }
    EXPECT_EQ(server_.stop(), 0) << server_.errors();
    set_times("time - 29 * " + std::to_string(day_ms) + " WHERE id = 1");
    server_.start();
    disk_.shift_clock(-days{300});
    EXPECT_TRUE(server_.will_say("the clock has jumped back by 300 days")) << server_.errors();
    disk_.shift_clock(days{10});
    server_.wait_until_saved();
    EXPECT_EQ(count(), 2U);
    disk_.shift_clock(30min);
    EXPECT_TRUE(server_.will_say("the clock is back")) << server_.errors();
    set_times("time - 2 * " + std::to_string(day_ms) + " WHERE id = 1");
    EXPECT_TRUE(eventually([&] { return count() == 1; }));
}

TEST_F(WallClock, AFutureTimeInTheLogIsReportedAfterTheClockIsCorrected) {
    RawClient client = server_.log_in("1");
    disk_.shift_clock(days{400});
    EXPECT_TRUE(server_.will_say("the clock has jumped forward")) << server_.errors();
    send(client, 1);
    disk_.shift_clock(0s);
    EXPECT_TRUE(server_.will_say("the log contains times up to 20")) << server_.errors();
}

TEST_F(WallClock, AMessageWithAFutureTimeAtTheFrontDoesNotStopRetention) {
    {
        RawClient client = server_.log_in("1");
        for (std::uint64_t seq = 1; seq <= 5; ++seq) send(client, seq);
    }
    EXPECT_EQ(server_.stop(), 0) << server_.errors();
    const std::string days_of = std::to_string(day_ms) + " * ";
    set_times("time + " + days_of + "5000 WHERE id = 1");
    set_times("time - " + days_of + "40 WHERE id IN (2, 3)");
    set_times("time + " + days_of + "4000 WHERE id = 4");
    server_.start();
    EXPECT_TRUE(eventually([&] { return count() == 2; }));
    EXPECT_EQ(StoreDb{server_.data_dir()}.number("SELECT min(id) FROM messages"), 4U);
}

}  // namespace
}  // namespace belfry::test
