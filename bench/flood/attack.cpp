#include "bench/flood/attack.hpp"

#include "base/unique_fd.hpp"
#include "bench/support/report.hpp"
#include "bench/support/wait.hpp"

#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>

namespace belfry::bench {
namespace {

constexpr std::string_view option = "--attack";
constexpr std::uint32_t first_source = 0x7f01'0001;  // 127.1.0.1
constexpr std::size_t resets_before_ready = 1'000;
constexpr std::chrono::seconds start_timeout{60};

void say_ready() {
    std::puts("ready");
    static_cast<void>(std::fflush(stdout));
}

sockaddr_in address_of(std::uint32_t host, std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(host);
    return address;
}

/// Begins to connect from an address, without waiting.
/// @throws test::Failure
base::UniqueFd begin_to_connect(std::uint32_t source, std::uint16_t port) {
    base::UniqueFd socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (!socket) throw test::system_failure("socket");
    // The port is chosen by connect(), which may share it between targets.
    const int on = 1;
    ::setsockopt(socket.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    const sockaddr_in from = address_of(source, 0);
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&from), sizeof from) != 0) {
        throw test::system_failure("bind");
    }
    const sockaddr_in to = address_of(INADDR_LOOPBACK, port);
    const int result = ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to);
    if (result != 0 && errno != EINPROGRESS) throw test::system_failure("connect");
    return socket;
}

/// Connections that send nothing. Each is opened again when the server has closed it.
class SilentConnections {
  public:
    SilentConnections(const Attack& attack, std::uint16_t port)
        : sources_{attack.sources},
          port_{port},
          epoll_{::epoll_create1(EPOLL_CLOEXEC)},
          sockets_(attack.held) {
        if (!epoll_) throw test::system_failure("epoll_create1");
        for (std::size_t i = 0; i < attack.held; ++i) open(i);
    }

    void replace_closed() {
        std::array<epoll_event, 256> events{};
        const int count =
            ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), -1);
        for (int i = 0; i < count; ++i) open(events[static_cast<std::size_t>(i)].data.u64);
    }

  private:
    void open(std::size_t index) {
        const std::size_t source = first_source + index % sources_;
        sockets_[index] = begin_to_connect(static_cast<std::uint32_t>(source), port_);
        epoll_event event{};
        event.events = EPOLLRDHUP;
        event.data.u64 = index;
        if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, sockets_[index].get(), &event) != 0) {
            throw test::system_failure("epoll_ctl");
        }
    }

    std::size_t sources_;
    std::uint16_t port_;
    base::UniqueFd epoll_;
    std::vector<base::UniqueFd> sockets_;
};

[[noreturn]] void hold(const Attack& attack, std::uint16_t port) {
    SilentConnections connections{attack, port};
    say_ready();
    while (true) connections.replace_closed();
}

[[noreturn]] void reset(std::size_t sources, std::uint16_t port) {
    const linger at_once{1, 0};
    for (std::size_t i = 0;; ++i) {
        const base::UniqueFd socket =
            begin_to_connect(first_source + static_cast<std::uint32_t>(i % sources), port);
        ::setsockopt(socket.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        if (i == resets_before_ready) say_ready();
    }
}

test::Invocation command(const Attack& attack, std::uint16_t port) {
    return {"/proc/self/exe",
            {std::string{option}, std::to_string(attack.sources), std::to_string(attack.held),
             std::to_string(port)}};
}

}  // namespace

std::string description(const Attack& attack) {
    const std::string who =
        attack.sources == 1 ? "one address" : with_commas(attack.sources) + " addresses";
    return attack.held > 0 ? with_commas(attack.held) + " silent connections from " + who
                           : "connections from " + who + " that are reset";
}

RunningAttack::RunningAttack(const Attack& attack, std::uint16_t port)
    : process_{command(attack, port)} {
    const auto is_ready = [this] {
        if (!process_.is_running()) throw test::Failure("the attack has ended: " + process_.err());
        return process_.out() == "ready\n";
    };
    wait_until(is_ready, start_timeout, "the attack does not start");
}

void attack_if_asked(const std::vector<std::string>& arguments) {
    if (arguments.size() != 4 || arguments[0] != option) return;
    const Attack attack{std::stoul(arguments[1]), std::stoul(arguments[2])};
    const auto port = static_cast<std::uint16_t>(std::stoul(arguments[3]));
    if (attack.held > 0) hold(attack, port);
    reset(attack.sources, port);
}

}  // namespace belfry::bench
