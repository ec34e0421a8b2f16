#include "gate/native_relay.hpp"

#include "tests/support/certificates.hpp"
#include "tests/support/failure.hpp"
#include "tests/support/played_session.hpp"

#include <sys/socket.h>

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <string>

namespace belfry::gate {
namespace {

using namespace std::chrono_literals;

/// A pair of connected sockets.
std::array<base::UniqueFd, 2> connected_pair() {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
        throw test::system_failure("socketpair");
    }
    return {base::UniqueFd{ends[0]}, base::UniqueFd{ends[1]}};
}

/// A relay in this process, with timeouts that a test can wait for.
class NativeRelayTimeouts : public testing::Test {
  protected:
    NativeRelayTimeouts() : relay_{make_relay()} {}

    test::Certificates certificates_;
    test::KeyPair pair_ = certificates_.server();
    Credentials credentials_{{.certificate = pair_.certificate, .key = pair_.key}};
    boost::asio::io_context loop_;
    std::array<base::UniqueFd, 2> client_ = connected_pair();
    std::array<base::UniqueFd, 2> session_ = connected_pair();
    NativeRelay relay_;

  private:
    NativeRelay make_relay() {
        return {loop_,
                {loop_, boost::asio::ip::tcp::v4(), client_[0].release()},
                {loop_, {}, session_[0].release()},
                credentials_,
                [] {},
                {.handshake = 50ms, .last_words = 50ms}};
    }
};

TEST_F(NativeRelayTimeouts, EndAHandshakeThatDoesNotBegin) {
    relay_.start();
    loop_.run();
    EXPECT_TRUE(loop_.stopped());
}

TEST_F(NativeRelayTimeouts, EndAHandshakeInTheMiddle) {
    // The beginning of a record of TLS.
    ASSERT_EQ(::send(client_[1].get(), "\x16\x03\x01\x02", 4, 0), 4);
    relay_.start();
    loop_.run();
    EXPECT_TRUE(loop_.stopped());
    EXPECT_FALSE(relay_.has_refused_client());
}

TEST_F(NativeRelayTimeouts, EndAClientThatStaysAfterItWasRefused) {
    constexpr std::string_view plain = "LOGIN ann\r\n";
    ASSERT_EQ(::send(client_[1].get(), plain.data(), plain.size(), 0),
              static_cast<ssize_t>(plain.size()));
    relay_.start();
    loop_.run();
    EXPECT_TRUE(loop_.stopped());
    EXPECT_TRUE(relay_.has_refused_client());
}

}  // namespace
}  // namespace belfry::gate
