#include "gate/web_socket.hpp"

#include "tests/support/failure.hpp"
#include "tests/support/http_client.hpp"

#include <sys/socket.h>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <string>
#include <thread>

namespace belfry::gate {
namespace {

using namespace std::chrono_literals;

/// A WebSocket in this process, with an interval between pings that a test can wait for.
class WebSocketPings : public testing::Test {
  protected:
    WebSocketPings() {
        RequestReader reader;
        const std::string request =
            "GET /ws HTTP/1.1\r\nHost: a\r\n" + test::upgrade_fields() + "\r\n";
        std::copy(request.begin(), request.end(), reader.space().data());
        reader.add(request.size());
        socket_.accept(reader.next()->request);
    }

    /// Runs the event loop until the socket has ended or the time has passed.
    void run_for(std::chrono::milliseconds time) { loop_.run_for(time); }

    /// Takes what the client has received.
    std::string received() {
        std::string all(65536, '\0');
        const ssize_t count = ::recv(client_end_.get(), all.data(), all.size(), MSG_DONTWAIT);
        all.resize(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
        return all;
    }

    void send(std::string_view bytes) {
        ASSERT_EQ(::send(client_end_.get(), bytes.data(), bytes.size(), 0),
                  static_cast<ssize_t>(bytes.size()));
    }

    boost::asio::io_context loop_;
    base::UniqueFd client_end_;
    ClientStream client_{connected(), nullptr};
    std::array<char, 100> bytes_;
    bool reads_ = true;
    std::size_t pieces_ = 0;
    bool has_ended_ = false;
    WebSocket socket_{client_,
                      {.accepted = [this] { socket_.read(bytes_); },
                       .read =
                           [this](const WebSocket::Piece&) {
                               ++pieces_;
                               if (reads_) socket_.read(bytes_);
                           },
                       .written = [] {},
                       .ended =
                           [this] {
                               has_ended_ = true;
                               loop_.stop();
                           }},
                      100ms};

  private:
    ClientStream::Socket connected() {
        std::array<int, 2> ends{};
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
            throw test::system_failure("socketpair");
        }
        client_end_ = base::UniqueFd{ends[0]};
        return {loop_, boost::asio::ip::tcp::v4(), ends[1]};
    }
};

constexpr std::string_view ping{"\x89\x00", 2};

TEST_F(WebSocketPings, EndAClientThatDoesNotAnswer) {
    loop_.run_for(10s);
    EXPECT_TRUE(has_ended_);
    EXPECT_TRUE(received().ends_with(ping)) << "it was not asked";
}

TEST_F(WebSocketPings, KeepAClientThatAnswers) {
    int answered = 0;
    const auto end = std::chrono::steady_clock::now() + 10s;
    while (answered < 3 && !has_ended_ && std::chrono::steady_clock::now() < end) {
        loop_.run_for(1ms);
        if (!received().ends_with(ping)) continue;
        send(test::masked_frame(0x8a, ""));
        ++answered;
    }
    EXPECT_EQ(answered, 3);
    EXPECT_FALSE(has_ended_);
}

TEST_F(WebSocketPings, KeepAClientWhileTheOwnerDoesNotRead) {
    reads_ = false;
    int pings = 0;
    const auto end = std::chrono::steady_clock::now() + 10s;
    while (pings < 3 && std::chrono::steady_clock::now() < end) {
        if (pieces_ == 0 && pings == 0) send(test::masked_frame(0x82, "x"));
        loop_.run_for(1ms);
        if (received().ends_with(ping)) ++pings;
    }
    EXPECT_EQ(pings, 3);
    EXPECT_EQ(pieces_, 1U);
    EXPECT_FALSE(has_ended_);
    socket_.read(bytes_);
    loop_.run_for(10s);
    EXPECT_TRUE(has_ended_) << "the client does not answer, and the owner reads";
}

}  // namespace
}  // namespace belfry::gate
