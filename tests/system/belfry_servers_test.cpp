#include "tests/support/failure.hpp"
#include "tests/support/fake_server.hpp"
#include "tests/support/running_belfry.hpp"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

/// belfry has several servers, and uses one after the other. The test plays them.
namespace belfry::test {
namespace {

class BelfryServers : public ::testing::Test {
  protected:
    [[nodiscard]] std::string list() const {
        return "127.0.0.1:" + std::to_string(first.port()) +
               ",localhost:" + std::to_string(second.port());
    }

    [[nodiscard]] Process start(const std::vector<std::string>& more = {}) const {
        std::vector<std::string> words{"-server_ip", list()};
        words.insert(words.end(), more.begin(), more.end());
        return Process{belfry_command(1, words, Input::pipe())};
    }

    FakeServer first;
    FakeServer second;
};

TEST_F(BelfryServers, TheFirstOneIsUsedIfItWorks) {
    Process belfry = start();
    EXPECT_EQ(serve_once(first, belfry), 0);
}

TEST_F(BelfryServers, TheNextOneIsUsedIfTheFirstCannotBeReached) {
    first.stop_listening();
    Process belfry = start();
    EXPECT_EQ(serve_once(second, belfry), 0);
    EXPECT_EQ(belfry.err(), "");
}

TEST_F(BelfryServers, TheNextOneIsUsedIfTheFirstIsFullLateOrWithoutItsCluster) {
    for (const std::string error : {"too-many-clients", "login-timeout", "unavailable"}) {
        Process belfry = start();
        FakeSession refusing = first.accept();
        refusing.expect("LOGIN 1 ack=manual");
        refusing.say("ERR " + error + " - not now\r\n");
        EXPECT_EQ(serve_once(second, belfry), 0) << error;
    }
}

TEST_F(BelfryServers, TheNextOneIsUsedIfTheFirstHasStoredNothingForFiveSeconds) {
    Process belfry = start();
    FakeSession failing = first.accept();
    failing.let_in();
    belfry.write("a\n");
    std::thread refusing{[&failing] {
        try {
            while (true) {
                failing.expect_send(1, "a");
                failing.say("ERR store-failed 1 not now\r\n");
            }
        } catch (const Failure&) {
            // belfry has left
        }
    }};
    FakeSession session = second.accept();
    refusing.join();
    session.let_in();
    session.expect_send(1, "a");
    session.say("SENT 1 1\r\nLIVE 1\r\n");
    session.expect("ACK 1");
    belfry.close_input();
    session.let_go();
    EXPECT_EQ(belfry.wait(), 0);
}

TEST_F(BelfryServers, TheNextOneIsUsedIfTheFirstShutsDown) {
    Process belfry = start();
    FakeSession ending = first.accept();
    ending.let_in();
    belfry.write("a\n");
    ending.expect_send(1, "a");
    ending.say("BYE shutting-down\r\n");
    FakeSession session = second.accept();
    session.let_in();
    session.expect_send(1, "a");
    session.say("SENT 1 1\r\nLIVE 1\r\n");
    session.expect("ACK 1");
    belfry.close_input();
    session.let_go();
    EXPECT_EQ(belfry.wait(), 0);
}

TEST_F(BelfryServers, TheFirstOneComesAgainAfterTheLast) {
    Process belfry = start();
    {
        FakeSession session = first.accept();
        session.let_in();
    }
    second.accept().close();
    EXPECT_EQ(serve_once(first, belfry), 0);
}

TEST_F(BelfryServers, IfNoneTakesTheFirstLoginAllReasonsAreNamed) {
    second.stop_listening();
    Process belfry = start();
    FakeSession refusing = first.accept();
    refusing.expect("LOGIN 1 ack=manual");
    refusing.say("ERR too-many-clients - full\r\n");
    EXPECT_EQ(belfry.wait(), 4);
    EXPECT_EQ(belfry.err(), "belfry: cannot connect to any server: 127.0.0.1 port " +
                                std::to_string(first.port()) +
                                ": too-many-clients: full; localhost port " +
                                std::to_string(second.port()) + ": Connection refused\n");
}

TEST_F(BelfryServers, ARefusedLoginIsNotTriedElsewhere) {
    Process belfry = start();
    FakeSession refusing = first.accept();
    refusing.expect("LOGIN 1 ack=manual");
    refusing.say("ERR unknown-client - no such client\r\n");
    EXPECT_EQ(belfry.wait(), 3);
}

}  // namespace
}  // namespace belfry::test
