#include "admission/first_byte.hpp"

#include "base/unique_fd.hpp"
#include "tests/support/failure.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <gtest/gtest.h>

namespace belfry::admission {
namespace {

/// Both ends of a TCP connection.
class TheFirstByte : public ::testing::Test {
  protected:
    TheFirstByte() {
        const base::UniqueFd listener{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* const any = reinterpret_cast<sockaddr*>(&address);
        if (::bind(listener.get(), any, size) != 0 || ::listen(listener.get(), 1) != 0 ||
            ::getsockname(listener.get(), any, &size) != 0) {
            throw test::system_failure("listen");
        }
        peer_ = base::UniqueFd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        if (::connect(peer_.get(), any, size) != 0) throw test::system_failure("connect");
        socket_ = base::UniqueFd{::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC)};
    }

    void send() const { EXPECT_EQ(::send(peer_.get(), "LOGIN", 5, 0), 5); }

    void reset() {
        const linger at_once{1, 0};
        ::setsockopt(peer_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        peer_.reset();
    }

    [[nodiscard]] FirstByte look() const { return first_byte_of(socket_.get()); }

    base::UniqueFd peer_;
    base::UniqueFd socket_;
};

TEST_F(TheFirstByte, IsMissingUntilThePeerSendsSomething) {
    EXPECT_EQ(look(), FirstByte::missing);
    send();
    EXPECT_EQ(look(), FirstByte::there);
    EXPECT_EQ(look(), FirstByte::there) << "it was not read";
}

TEST_F(TheFirstByte, IsThereAfterThePeerHasSentItAndClosed) {
    send();
    peer_.reset();
    EXPECT_EQ(look(), FirstByte::there);
}

TEST_F(TheFirstByte, IsGoneAfterThePeerHasClosedWithoutIt) {
    peer_.reset();
    EXPECT_EQ(look(), FirstByte::gone);
}

TEST_F(TheFirstByte, IsGoneAfterAResetEvenIfItWasSent) {
    send();
    reset();
    EXPECT_EQ(look(), FirstByte::gone);
}

}  // namespace
}  // namespace belfry::admission
