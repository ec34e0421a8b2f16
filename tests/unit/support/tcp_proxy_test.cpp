#include "tests/support/tcp_proxy.hpp"

#include "tests/support/fake_server.hpp"
#include "tests/support/tcp_connection.hpp"

#include <poll.h>

#include <gtest/gtest.h>

#include <array>
#include <string>

/// The network that tests break between a node and etcd.
namespace belfry::test {
namespace {

void send(TcpConnection& client, std::string_view bytes) {
    ASSERT_EQ(client.send(bytes), static_cast<ssize_t>(bytes.size()));
}

class Proxy : public ::testing::Test {
  protected:
    /// Returns what the client receives next; empty if its connection has ended.
    [[nodiscard]] std::string received() {
        std::array<char, 100> buffer;
        pollfd ready{client_.fd(), POLLIN, 0};
        EXPECT_EQ(::poll(&ready, 1, 10'000), 1) << "nothing arrives";
        const ssize_t count = client_.receive(buffer.data(), buffer.size());
        return count <= 0 ? "" : std::string(buffer.data(), static_cast<std::size_t>(count));
    }

    /// Tells whether something is there for the client.
    [[nodiscard]] bool is_silent() const {
        pollfd ready{client_.fd(), POLLIN, 0};
        return ::poll(&ready, 1, 50) == 0;
    }

    FakeServer server_;
    TcpProxy proxy_{server_.port()};
    TcpConnection client_{proxy_.port()};
    FakeSession session_ = server_.accept();
};

TEST_F(Proxy, ForwardsBytesInBothDirections) {
    send(client_, "there\r\n");
    EXPECT_EQ(session_.line(), "there");
    session_.say("back");
    EXPECT_EQ(received(), "back");
}

TEST_F(Proxy, ForwardsMoreThanTheBuffersHold) {
    const std::string line(3'000'000, 'x');
    const std::string bytes = line + "\r\n";
    std::string_view rest = bytes;
    std::string seen;
    std::thread reader{[&] { seen = session_.line(); }};
    while (!rest.empty()) {
        const ssize_t count = client_.send(rest);
        if (count > 0) rest.remove_prefix(static_cast<std::size_t>(count));
    }
    reader.join();
    EXPECT_TRUE(seen == line) << seen.size();
}

TEST_F(Proxy, KeepsTheBytesWhileItHolds) {
    proxy_.hold();
    send(client_, "later\r\n");
    session_.say("later");
    EXPECT_TRUE(is_silent());
    proxy_.pass();
    EXPECT_EQ(session_.line(), "later");
    EXPECT_EQ(received(), "later");
}

TEST_F(Proxy, CutsConnectionsAndAcceptsNewOnes) {
    proxy_.cut();
    EXPECT_EQ(received(), "");
    TcpConnection next{proxy_.port()};
    FakeSession session = server_.accept();
    send(next, "again\r\n");
    EXPECT_EQ(session.line(), "again");
}

TEST_F(Proxy, LeavesAConnectionOpenWhoseOtherEndIsGone) {
    proxy_.leave_half_open();
    session_.expect_closed();
    send(client_, "to nobody\r\n");
    EXPECT_TRUE(is_silent());
}

TEST_F(Proxy, ClosesAConnectionWhenTheServerCannotBeReached) {
    server_.stop_listening();
    session_.close();
    EXPECT_EQ(received(), "");
    const TcpConnection next{proxy_.port()};
    pollfd ready{next.fd(), POLLIN, 0};
    EXPECT_EQ(::poll(&ready, 1, 10'000), 1);
}

}  // namespace
}  // namespace belfry::test
