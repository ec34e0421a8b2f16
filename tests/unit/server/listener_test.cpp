#include "server/listener.hpp"

#include "tests/support/tcp_connection.hpp"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <gtest/gtest.h>

namespace belfry::server {
namespace {

int option(const base::UniqueFd& socket, int level, int name) {
    int value = 0;
    socklen_t size = sizeof value;
    EXPECT_EQ(::getsockopt(socket.get(), level, name, &value, &size), 0);
    return value;
}

TEST(Listener, GivesItsConnectionsTheOptionsOfTcpThatASessionNeeds) {
    const Listener listener{"127.0.0.1", 0};
    const sockaddr_in address = test::socket_address("127.0.0.1", listener.port());
    const base::UniqueFd client{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    ASSERT_EQ(::connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address),
              0);
    const Accepted accepted = listener.accept();
    ASSERT_TRUE(accepted.socket);
    EXPECT_NE(option(accepted.socket, IPPROTO_TCP, TCP_NODELAY), 0);
    EXPECT_NE(option(accepted.socket, SOL_SOCKET, SO_KEEPALIVE), 0);
    EXPECT_EQ(option(accepted.socket, IPPROTO_TCP, TCP_KEEPIDLE), 60);
    EXPECT_EQ(option(accepted.socket, IPPROTO_TCP, TCP_KEEPINTVL), 10);
    EXPECT_EQ(option(accepted.socket, IPPROTO_TCP, TCP_KEEPCNT), 6);
}

}  // namespace
}  // namespace belfry::server
