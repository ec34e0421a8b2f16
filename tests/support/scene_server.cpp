#include "tests/support/scene_server.hpp"

#include "tests/support/deadline.hpp"
#include "tests/support/failure.hpp"

#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace belfry::test {
namespace {

int count_of(int socket, unsigned long request) {
    int count = -1;
    if (::ioctl(socket, request, &count) != 0) throw system_failure("asking a socket");
    return count;
}

}  // namespace

std::vector<std::string> SceneServer::urls() const {
    std::vector<std::string> urls;
    for (const FakeServer& listener : listeners_) {
        urls.push_back("tcp://127.0.0.1:" + std::to_string(listener.port()));
    }
    return urls;
}

bool SceneServer::accept() {
    for (FakeServer& listener : listeners_) {
        base::UniqueFd socket = listener.take_connection();
        if (!socket) continue;
        const int yes = 1;
        ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        socket_ = std::move(socket);
        unread_.clear();
        commands_.clear();
        has_ended_ = false;
        return true;
    }
    return false;
}

void SceneServer::write(std::string_view bytes, int client) {
    const auto n = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n != static_cast<ssize_t>(bytes.size())) throw system_failure("sending to the client");
    const auto has_arrived = [&] { return count_of(client, FIONREAD) == n; };
    if (!eventually(has_arrived)) throw Failure("the bytes do not arrive");
}

// The client's kernel buffer is empty after this end has acknowledged everything.
void SceneServer::read(int client) {
    const auto has_read_all = [&] {
        receive();
        const int at_once = 1;
        ::setsockopt(socket_.get(), IPPROTO_TCP, TCP_QUICKACK, &at_once, sizeof at_once);
        return client < 0 || count_of(client, SIOCOUTQ) == 0;
    };
    if (!eventually(has_read_all)) throw Failure("what the client has written does not arrive");
    receive();
    parse();
}

void SceneServer::expect_closed() {
    const auto is_closed = [&] {
        receive();
        return has_ended_;
    };
    if (!eventually(is_closed)) throw Failure("the client has not closed the connection");
}

void SceneServer::receive() {
    std::array<char, 65536> buffer;
    ssize_t n = 0;
    while ((n = ::recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT)) > 0) {
        unread_.append(buffer.data(), static_cast<std::size_t>(n));
    }
    has_ended_ = n == 0 || errno != EAGAIN;
}

void SceneServer::parse() {
    std::size_t end = 0;
    while ((end = unread_.find("\r\n")) != std::string::npos) {
        Command command{.line = unread_.substr(0, end), .payload = {}};
        unread_.erase(0, end + 2);
        if (command.line.starts_with("SEND ")) {
            const std::size_t size = std::stoul(command.line.substr(command.line.rfind(' ')));
            command.payload = unread_.substr(0, size);
            if (unread_.compare(size, 2, "\r\n") != 0) throw Failure("a payload has no ending");
            unread_.erase(0, size + 2);
        }
        commands_.push_back(std::move(command));
    }
    if (!unread_.empty()) throw Failure("the client has written a part of a line: " + unread_);
}

}  // namespace belfry::test
