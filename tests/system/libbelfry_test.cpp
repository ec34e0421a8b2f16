#include "belfry/client.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/forked_child.hpp"
#include "tests/support/server.hpp"
#include "tests/support/tls_front.hpp"

#include <signal.h>

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

/// The library libbelfry against a real server.
namespace belfry::test {
namespace {

using namespace std::chrono_literals;

constexpr Duration long_wait = 30s;

std::string tcp(std::uint16_t port) {
    return "tcp://127.0.0.1:" + std::to_string(port);
}

std::string tls(std::uint16_t port) {
    return "tls://localhost:" + std::to_string(port);
}

Client client_of(std::string id, std::vector<std::string> servers, std::string ca = {}) {
    auto client =
        Client::open({.id = std::move(id), .servers = std::move(servers), .tls = {.ca = ca}});
    if (!client) throw Failure{client.error().text};
    return std::move(*client);
}

class Libbelfry : public ::testing::TestWithParam<bool> {
  protected:
    Libbelfry() : server{{.has_gate = GetParam()}} {}

    Client client(std::string id) {
        if (!GetParam()) return client_of(std::move(id), {tcp(server.port())});
        return client_of(std::move(id), {tls(server.tls_port())}, server.tls().authority.string());
    }

    Server server;
};

INSTANTIATE_TEST_SUITE_P(Transport, Libbelfry, ::testing::Bool(),
                         [](const auto& which) { return which.param ? "Tls" : "Tcp"; });

TEST_P(Libbelfry, SendsReceivesAsksAndCloses) {
    Client ann = client("1");
    Client bob = client("2");
    std::uint64_t id = 0;
    ann.send("hello", [&](const auto& outcome) { id = outcome ? outcome->id : 0; });
    ASSERT_TRUE(ann.settle(long_wait));
    EXPECT_EQ(id, 1u);
    const auto message = bob.receive(long_wait);
    ASSERT_TRUE(message) << message.error().text;
    EXPECT_EQ(message->sender, "1");
    EXPECT_EQ(message->payload, "hello");
    const auto history = ann.history(1, 10, long_wait);
    ASSERT_TRUE(history);
    EXPECT_EQ(history->messages.size(), 1u);
    const auto users = bob.who(long_wait);
    ASSERT_TRUE(users);
    EXPECT_EQ(users->size(), 3u);
    bob.close(long_wait);
    EXPECT_EQ(bob.error().code, "closed");
}

// 1,000 in flight, in both directions at once.
TEST_P(Libbelfry, EachOfManyMessagesArrivesOnceAndInOrder) {
    constexpr int count = 20'000;
    Client ann = client("1");
    Client bob = client("2");
    int accepted = 0;
    for (int n = 0; n < count; ++n) {
        ann.send(std::to_string(n), [&](const auto& outcome) { accepted += outcome ? 1 : 0; });
    }
    ann.start();
    for (int n = 0; n < count; ++n) {
        const auto message = bob.receive(long_wait);
        ASSERT_TRUE(message) << message.error().text;
        ASSERT_EQ(message->payload, std::to_string(n));
    }
    ASSERT_TRUE(ann.settle(long_wait));
    ann.close();
    EXPECT_EQ(accepted, count);
}

TEST_P(Libbelfry, ALaterLoginTakesOver) {
    const auto is_online = [](Client& client) {  // it has no thread, so it runs only in its calls
        return eventually([&client] {
            EXPECT_EQ(client.receive(10ms).error().code, "timed-out");
            return client.state() == State::online;
        });
    };
    Client first = client("1");
    ASSERT_TRUE(is_online(first));
    Client second = client("1");
    ASSERT_TRUE(is_online(second));
    EXPECT_EQ(first.receive(long_wait).error().code, "taken-over");
}

TEST_P(Libbelfry, AForkedChildThatDestroysItsCopyDoesNotDisturbTheParent) {
    std::optional<Client> ann{client("1")};
    Client bob = client("2");
    ASSERT_TRUE(eventually([&ann] {
        EXPECT_EQ(ann->receive(10ms).error().code, "timed-out");
        return ann->state() == State::online;
    }));
    ForkedChild child{[&] {
        ann.reset();
        return 0;
    }};
    EXPECT_EQ(child.wait(), 0);
    bob.send("still there?");
    ASSERT_TRUE(bob.settle(long_wait));
    int losses = 0;
    ann->on_state([&](const StateChange&) { ++losses; });
    EXPECT_EQ(ann->receive(long_wait)->payload, "still there?");
    EXPECT_EQ(losses, 0);
}

// Each fork comes while the client's thread sends.
TEST_P(Libbelfry, AForkInTheMiddleDisturbsNeitherParentNorChild) {
    constexpr int forks = 10;
    constexpr int in_each_round = 500;
    std::optional<Client> ann{client("1")};
    Client bob = client("2");
    int losses = 0;
    ann->on_state([&](const auto& change) { losses += change.state == State::waiting ? 1 : 0; });
    ann->start();
    int accepted = 0;
    for (int fork = 0; fork < forks; ++fork) {
        for (int n = 0; n < in_each_round; ++n) {
            ann->send("of the parent", [&](const auto& outcome) { accepted += outcome ? 1 : 0; });
        }
        ForkedChild child{[&] {
            ann.reset();
            Client own = client_of("3", {tcp(server.port())});
            own.send("of a child");
            return own.settle(long_wait) ? become_another_program() : 1;
        }};
        EXPECT_EQ(child.wait(), 0);
    }
    ASSERT_TRUE(ann->settle(long_wait));
    std::map<std::string, int> received;
    for (int n = 0; n < forks * (in_each_round + 1); ++n) {
        const auto message = bob.receive(long_wait);
        ASSERT_TRUE(message) << message.error().text;
        ++received[message->sender + " " + message->payload];
    }
    EXPECT_EQ(received, (std::map<std::string, int>{{"1 of the parent", forks * in_each_round},
                                                    {"3 of a child", forks}}));
    ann->close();
    EXPECT_EQ(accepted, forks * in_each_round);
    EXPECT_EQ(losses, 0);
}

TEST(LibbelfryServers, AnotherServerIsTriedIfOneDoesNotAnswer) {
    const Server server;
    std::uint16_t closed = 0;
    {
        const Server gone;
        closed = gone.port();
    }
    Client client = client_of("1", {tcp(closed), tcp(server.port())});
    client.send("hello");
    EXPECT_TRUE(client.settle(long_wait));
    EXPECT_EQ(client.server(), 1u);
}

TEST(LibbelfryTls, AServerThatCannotBeTrustedEndsIt) {
    const Certificates other;
    const Server server{{.has_gate = true}};
    Client client = client_of("1", {tls(server.tls_port())}, other.authority().string());
    EXPECT_EQ(client.receive(long_wait).error().code, "untrusted");
}

/// Sends numbered messages and notes what it receives, while its connections are torn.
class Torn {
  public:
    Torn(std::string id, std::vector<std::string> servers, std::string ca = {})
        : client_{client_of(std::move(id), std::move(servers), std::move(ca))} {
        client_.on_message(
            [this](const Message& message) { received_.push_back(message.payload); });
        client_.start();
    }

    void send(std::size_t count) {
        for (; count > 0; --count) {
            client_.send(std::to_string(sent_++), [this](const auto& outcome) {
                if (!outcome) ++refused_;
            });
        }
    }

    bool settle() { return client_.settle(long_wait).has_value(); }
    State state() const { return client_.state(); }

    /// Ends it, after which received() and refused() may be called.
    void close() { client_.close(); }
    const std::vector<std::string>& received() const { return received_; }
    std::size_t refused() const { return refused_; }

  private:
    std::size_t sent_ = 0;
    std::vector<std::string> received_;
    std::size_t refused_ = 0;
    Client client_;
};

/// What RawClient, which follows the rules of the protocol by itself, finds in the log.
std::vector<std::string> log_of(const Server& server, std::string_view sender) {
    RawClient outside = server.connect();
    std::vector<std::string> texts;
    for (const Frame& frame : outside.log_in_live("3")) {
        if (frame.verb == "MSG" && frame.fields.at(1) == sender) texts.push_back(frame.payload);
    }
    return texts;
}

std::vector<std::string> numbers(std::size_t count) {
    std::vector<std::string> texts;
    for (std::size_t n = 0; n < count; ++n) texts.push_back(std::to_string(n));
    return texts;
}

// The child that serves a client is killed while messages go in both directions.
TEST(LibbelfryCrash, NothingIsLostOrDoubledByTwoHundredKills) {
    constexpr std::size_t kills = 200;
    constexpr std::size_t in_each_round = 50;
    const Server server;
    Torn ann{"1", {tcp(server.port())}};
    Torn bob{"2", {tcp(server.port())}};
    std::mt19937 random{std::random_device{}()};
    for (std::size_t kill = 0; kill < kills; ++kill) {
        ann.send(in_each_round);
        bob.send(in_each_round);
        std::this_thread::sleep_for(std::chrono::microseconds{random() % 5000});
        const auto victims = server.sessions();
        if (!victims.empty()) ::kill(victims[random() % victims.size()], SIGKILL);
    }
    ASSERT_TRUE(ann.settle());
    ASSERT_TRUE(bob.settle());
    const auto all = numbers(kills * in_each_round);
    EXPECT_EQ(log_of(server, "1"), all);
    EXPECT_TRUE(eventually([&] {
        return server.client_status("1").at("behind") == 0 &&
               server.client_status("2").at("behind") == 0;
    }));
    ann.close();
    bob.close();
    EXPECT_EQ(ann.received(), all);
    EXPECT_EQ(bob.received(), all);
    EXPECT_EQ(ann.refused() + bob.refused(), 0u);
}

TEST(LibbelfryCrash, NothingIsLostOrDoubledByTornTlsConnections) {
    constexpr std::size_t cuts = 20;
    constexpr std::size_t in_each_round = 200;
    const Certificates certificates;
    const Server server;
    TlsFront front{{.certificate = certificates.server(), .behind = server.port()}};
    Torn ann{"1", {tls(front.port())}, certificates.authority().string()};
    Torn bob{"2", {tls(front.port())}, certificates.authority().string()};
    for (std::size_t cut = 0; cut < cuts; ++cut) {
        ann.send(in_each_round);
        bob.send(in_each_round);
        EXPECT_TRUE(eventually(
            [&] { return ann.state() == State::online && bob.state() == State::online; }));
        front.cut();
    }
    ASSERT_TRUE(ann.settle());
    ASSERT_TRUE(bob.settle());
    EXPECT_TRUE(eventually([&] {
        return server.client_status("1").at("behind") == 0 &&
               server.client_status("2").at("behind") == 0;
    }));
    ann.close();
    bob.close();
    const auto all = numbers(cuts * in_each_round);
    EXPECT_EQ(log_of(server, "1"), all);
    EXPECT_EQ(ann.received(), all);
    EXPECT_EQ(bob.received(), all);
}

}  // namespace
}  // namespace belfry::test
