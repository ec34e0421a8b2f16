#include "tests/support/linked_network.hpp"

#include "base/random.hpp"
#include "tests/support/failure.hpp"
#include "tests/support/process.hpp"
#include "tests/support/tcp_connection.hpp"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <iostream>
#include <thread>
#include <utility>
#include <vector>

namespace belfry::test {
namespace {

base::UniqueFd new_namespace() {
    base::UniqueFd space;
    int error = 0;
    // The namespace of a thread is its own.
    std::thread{[&] {
        if (::unshare(CLONE_NEWNET) == 0) {
            space = base::UniqueFd{::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)};
        }
        error = errno;
    }}.join();
    if (!space) throw Failure{std::string{"unshare: "} + std::strerror(error)};
    return space;
}

/// Runs ip in a network namespace; -1: in that of the test program.
void ip(int space, std::vector<std::string> arguments, std::vector<int> inherited = {}) {
    Invocation command{.program = "/usr/sbin/ip", .arguments = std::move(arguments)};
    command.network = space;
    command.inherited = std::move(inherited);
    const Result result = run(command);
    if (result.status != 0) throw Failure{"ip: " + result.err};
}

}  // namespace

std::unique_ptr<LinkedNetwork> LinkedNetwork::make() {
    try {
        return std::unique_ptr<LinkedNetwork>{new LinkedNetwork};
    } catch (const Failure& failure) {
        std::cout << "no network namespace (" << failure.what()
                  << "); a proxy cuts the network instead\n";
        return nullptr;
    }
}

LinkedNetwork::LinkedNetwork() : space_{new_namespace()} {
    // One of the networks of 198.18.0.0/15, which are for tests.
    const auto chosen = base::random_value<std::uint16_t>();
    const std::string network =
        "198." + std::to_string(18 + chosen % 2) + "." + std::to_string(chosen >> 8) + ".";
    const int first = (chosen >> 1) % 64 * 4;
    const auto address = [&](int host) { return network + std::to_string(first + host); };
    outer_address_ = address(1);
    device_ = "belfry" + std::to_string(chosen);
    const std::string inner = device_ + "in";
    const std::string space = "/proc/self/fd/" + std::to_string(fd());
    ip(-1, {"link", "add", device_, "type", "veth", "peer", "name", inner, "netns", space}, {fd()});
    ip(-1, {"addr", "add", outer_address_ + "/30", "dev", device_});
    set_link(true);
    ip(fd(), {"addr", "add", address(2) + "/30", "dev", inner});
    ip(fd(), {"link", "set", inner, "up"});
    ip(fd(), {"link", "set", "lo", "up"});
}

LinkedNetwork::~LinkedNetwork() {
    try {
        ip(-1, {"link", "del", device_});
    } catch (const Failure& failure) {
        std::cout << failure.what() << "\n";
    }
}

void LinkedNetwork::set_link(bool is_up) const {
    ip(-1, {"link", "set", device_, is_up ? "up" : "down"});
}

base::UniqueFd LinkedNetwork::connect(std::uint16_t port) const {
    base::UniqueFd socket;
    // A socket belongs to the namespace of the thread that has made it.
    std::thread{[&] {
        if (::setns(fd(), CLONE_NEWNET) == 0) {
            socket = base::UniqueFd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        }
    }}.join();
    if (!socket) throw system_failure("a socket of a network namespace");
    const int on = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const sockaddr_in address = socket_address("127.0.0.1", port);
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        throw Disconnected(system_failure("connecting to port " + std::to_string(port)).what());
    }
    return socket;
}

}  // namespace belfry::test
