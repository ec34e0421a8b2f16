#include "server/gate_listener.hpp"

#include "tests/support/deadline.hpp"
#include "tests/support/failure.hpp"
#include "tests/support/temp_dir.hpp"
#include "wire/proxy_header.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>

namespace belfry::server {
namespace {

using test::TempDir;
namespace fs = std::filesystem;

wire::ProxyHeader header() {
    wire::ProxyHeader header{};
    header.peer.address = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 7};
    header.peer.port = 40'000;
    header.local = header.peer;
    header.tls = wire::ProxyTls{"TLSv1.3", "TLS_AES_256_GCM_SHA384", "ann"};
    return header;
}

std::string printed(const wire::ProxyHeader& header) {
    std::string bytes;
    wire::print_proxy_header(bytes, header);
    return bytes;
}

/// Connects to a socket, whose path may be too long for an address.
base::UniqueFd connect_to(const fs::path& path) {
    const fs::path before = fs::current_path();
    fs::current_path(path.parent_path());
    base::UniqueFd socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.filename().c_str(), sizeof address.sun_path - 1);
    const int error =
        ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0
            ? 0
            : errno;
    fs::current_path(before);
    if (error != 0) throw test::Failure{std::string{"connect: "} + std::strerror(error)};
    return socket;
}

void send_to(const base::UniqueFd& socket, const std::string& bytes) {
    ASSERT_EQ(::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
}

std::string received(int socket) {
    std::array<char, 100> bytes{};
    const ssize_t count = ::recv(socket, bytes.data(), bytes.size(), MSG_DONTWAIT);
    return {bytes.data(), count > 0 ? static_cast<std::size_t>(count) : 0};
}

bool is_readable(int fd) {
    pollfd readable{fd, POLLIN, 0};
    return ::poll(&readable, 1, 0) == 1;
}

/// Tells whether the other end has closed the connection in order.
bool is_closed(const base::UniqueFd& socket) {
    char byte = 0;
    return ::recv(socket.get(), &byte, 1, MSG_DONTWAIT) == 0;
}

class AGateListener : public ::testing::Test {
  protected:
    std::optional<RelayedConnection> next() {
        auto connection = listener.next();
        if (!connection) {
            EXPECT_EQ(errno, EAGAIN);
        }
        return connection;
    }

    TempDir dir;
    GateListener listener{dir.path()};
};

TEST_F(AGateListener, LearnsTheClientFromTheHeader) {
    const base::UniqueFd relay = connect_to(listener.path());
    send_to(relay, printed(header()) + "LOGIN ann\r\n");
    ASSERT_TRUE(is_readable(listener.fd()));
    const auto connection = next();
    ASSERT_TRUE(connection);
    EXPECT_EQ(to_string(connection->peer.endpoint), "192.0.2.7:40000");
    EXPECT_EQ(connection->peer.transport, shm::Transport::tls);
    EXPECT_EQ(connection->certificate_name, "ann");
    EXPECT_EQ(received(connection->socket.get()), "LOGIN ann\r\n");
    EXPECT_FALSE(is_readable(listener.fd()));
    EXPECT_FALSE(next());
}

TEST_F(AGateListener, WaitsForTheHeaderWithoutASession) {
    const base::UniqueFd slow = connect_to(listener.path());
    const base::UniqueFd quick = connect_to(listener.path());
    EXPECT_FALSE(next());
    wire::ProxyHeader of_web = header();
    of_web.transport = wire::ProxyTransport::web;
    of_web.tls.reset();
    send_to(quick, printed(of_web));
    const auto first = next();
    ASSERT_TRUE(first);
    EXPECT_EQ(first->peer.transport, shm::Transport::web);
    EXPECT_EQ(first->certificate_name, "");
    EXPECT_FALSE(next());
    send_to(slow, printed(header()));
    EXPECT_TRUE(next());
}

TEST_F(AGateListener, TakesTheNameOfACertificateFromTheTlsPortAlone) {
    wire::ProxyHeader of_web = header();
    of_web.transport = wire::ProxyTransport::web;
    const base::UniqueFd relay = connect_to(listener.path());
    send_to(relay, printed(of_web));
    const auto connection = next();
    ASSERT_TRUE(connection);
    EXPECT_EQ(connection->certificate_name, "");
    EXPECT_TRUE(connection->is_confidential);
}

TEST_F(AGateListener, KnowsWhetherOthersCouldReadWhatTheClientSends) {
    const auto address = [](std::uint8_t first, std::uint8_t last) {
        return base::Endpoint{
            .address = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, first, 0, 2, last}, .port = 1};
    };
    const auto is_confidential = [&](const base::Endpoint& peer, const base::Endpoint& local) {
        wire::ProxyHeader of_web{
            .peer = peer, .local = local, .transport = wire::ProxyTransport::web, .tls = {}};
        const base::UniqueFd relay = connect_to(listener.path());
        send_to(relay, printed(of_web));
        const auto plain = next();
        of_web.tls = wire::ProxyTls{"TLSv1.3", "TLS_AES_256_GCM_SHA384", ""};
        const base::UniqueFd other_relay = connect_to(listener.path());
        send_to(other_relay, printed(of_web));
        EXPECT_TRUE(next().value().is_confidential);
        return plain.value().is_confidential;
    };
    const base::Endpoint loopback = address(127, 1);
    const base::Endpoint far_away = address(192, 7);
    const base::Endpoint own = address(192, 1);
    EXPECT_TRUE(is_confidential(loopback, loopback));
    EXPECT_TRUE(is_confidential(own, own));
    EXPECT_TRUE(is_confidential(far_away, loopback)) << "a proxy on this machine has forwarded it";
    EXPECT_FALSE(is_confidential(far_away, own));
    const auto named_by_a_proxy = [](base::Endpoint peer) {
        peer.port = 0;
        return peer;
    };
    EXPECT_TRUE(is_confidential(named_by_a_proxy(far_away), loopback));
    EXPECT_FALSE(is_confidential(named_by_a_proxy(loopback), own)) << "it is the proxy's loopback";
    EXPECT_FALSE(is_confidential(named_by_a_proxy(own), own));
}

TEST_F(AGateListener, ClosesAConnectionThatBeginsWithAnythingElse) {
    const std::string whole = printed(header());
    for (const std::string& bytes :
         {std::string{"LOGIN ann\r\n"},
          std::string{"PROXY TCP4 192.0.2.7 192.0.2.1 40000 5001\r\nLOGIN ann\r\n"},
          whole.substr(0, whole.size() - 1), whole.substr(0, 1),
          whole.substr(0, 14) + std::string{"\x02\x01"} + std::string(600, 'x')}) {
        const base::UniqueFd relay = connect_to(listener.path());
        send_to(relay, bytes);
        EXPECT_FALSE(next());
        pollfd end{relay.get(), POLLIN, 0};
        EXPECT_EQ(::poll(&end, 1, 0), 1);
        EXPECT_NE(end.revents & POLLHUP, 0);
        EXPECT_FALSE(is_readable(listener.fd()));
    }
    const base::UniqueFd relay = connect_to(listener.path());
    send_to(relay, "LOGIN ann\r\n");
    EXPECT_FALSE(next());
    EXPECT_TRUE(is_closed(relay));
}

TEST_F(AGateListener, ForgetsARelayThatEndsBeforeItsHeader) {
    connect_to(listener.path()).reset();
    EXPECT_FALSE(next());
    EXPECT_FALSE(is_readable(listener.fd()));
}

TEST_F(AGateListener, IsForItsOwnUserAlone) {
    struct stat facts {};
    ASSERT_EQ(::stat(listener.path().c_str(), &facts), 0);
    EXPECT_TRUE(S_ISSOCK(facts.st_mode));
    EXPECT_EQ(facts.st_mode & 0777U, 0600U);
    EXPECT_EQ(listener.path(), dir.path() / "gate.sock");
    EXPECT_FALSE(fs::exists(dir.path() / "gate.sock.new"));
}

TEST_F(AGateListener, ClosesWhatWaitsWhenItIsClosed) {
    const base::UniqueFd relay = connect_to(listener.path());
    EXPECT_FALSE(next());
    listener.close();
    EXPECT_TRUE(is_closed(relay));
    EXPECT_THROW(connect_to(listener.path()), test::Failure);
}

TEST(GateListeners, ReplaceASocketThatADeadServerHasLeft) {
    const TempDir dir;
    std::optional<GateListener> first{dir.path()};
    GateListener second{dir.path()};
    first.reset();  // removes nothing, because the socket is no longer its own
    const base::UniqueFd relay = connect_to(second.path());
    send_to(relay, printed(header()));
    EXPECT_TRUE(second.next());
}

TEST(GateListeners, LeaveNoFileBehind) {
    const TempDir dir;
    std::optional<GateListener> listener{dir.path()};
    listener.reset();
    EXPECT_TRUE(fs::is_empty(dir.path()));
}

TEST(GateListeners, ListenAtAPathOfAnyLength) {
    const TempDir dir;
    const fs::path folder = dir.path() / std::string(200, 'x');
    fs::create_directory(folder);
    GateListener listener{folder};
    EXPECT_EQ(listener.path(), folder / "gate.sock");
    const base::UniqueFd relay = connect_to(listener.path());
    send_to(relay, printed(header()));
    EXPECT_TRUE(listener.next());
}

TEST(GateListeners, NameTheirPathIfTheyCannotListen) {
    const TempDir dir;
    const fs::path folder = dir.path() / "missing";
    try {
        const GateListener listener{folder};
        FAIL();
    } catch (const std::exception& error) {
        EXPECT_EQ(std::string{error.what()}, "cannot listen on " + (folder / "gate.sock").string() +
                                                 ": No such file or directory");
    }
}

}  // namespace
}  // namespace belfry::server
