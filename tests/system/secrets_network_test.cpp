#include "base/unique_fd.hpp"
#include "tests/support/failure.hpp"
#include "tests/support/secrets.hpp"
#include "tests/support/server.hpp"
#include "tests/support/tcp_connection.hpp"
#include "tests/support/timings.hpp"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <iostream>
#include <net/if.h>
#include <string>
#include <vector>

/// What a secret means depends on the addresses of a connection, and the time of a refusal on
/// nothing.
namespace belfry::test {
namespace {

/// A connection between two addresses of this machine, which has sent a line.
class Asker {
  public:
    Asker(const std::string& from, const std::string& to, std::uint16_t port,
          const std::string& line)
        : socket_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
        const sockaddr_in source = socket_address(from, 0);
        const sockaddr_in target = socket_address(to, port);
        if (::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&source), sizeof source) ==
                -1 ||
            ::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&target), sizeof target) ==
                -1) {
            throw system_failure("connect from " + from + " to " + to);
        }
        const std::string sent = line + "\r\n";
        sent_ = Clock::now();
        if (::send(socket_.get(), sent.data(), sent.size(), MSG_NOSIGNAL) == -1) {
            throw system_failure("send");
        }
    }

    [[nodiscard]] int fd() const { return socket_.get(); }

    /// Reads the beginning of the answer.
    [[nodiscard]] std::string answer() const {
        pollfd input{socket_.get(), POLLIN, 0};
        std::array<char, 256> buffer{};
        if (::poll(&input, 1, Deadline{default_wait}.remaining_ms()) != 1) return "";
        const ssize_t count = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
        return {buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(count, 0))};
    }

    [[nodiscard]] double waited_ms() const { return milliseconds_since(sent_); }

  private:
    base::UniqueFd socket_;
    Clock::time_point sent_;
};

/// Returns the IPv4 addresses of this machine that are not loopback.
std::vector<std::string> own_addresses() {
    ifaddrs* first = nullptr;
    if (::getifaddrs(&first) == -1) throw system_failure("getifaddrs");
    std::vector<std::string> addresses;
    for (const ifaddrs* at = first; at != nullptr; at = at->ifa_next) {
        if (at->ifa_addr == nullptr || at->ifa_addr->sa_family != AF_INET ||
            (at->ifa_flags & IFF_LOOPBACK) != 0 || (at->ifa_flags & IFF_UP) == 0) {
            continue;
        }
        std::array<char, INET_ADDRSTRLEN> text{};
        ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(at->ifa_addr)->sin_addr,
                    text.data(), text.size());
        addresses.emplace_back(text.data());
    }
    ::freeifaddrs(first);
    return addresses;
}

TEST(SecretsNetwork, ASecretOverPlainTcpIsTakenOnlyIfBothEndsAreOnThisMachine) {
    const ClientsFile file{"ann:" + old_hash + "\nbob\n"};
    const TempDir folder;
    Process belfryd{{program("belfryd"),
                     {"--port", "0", "--port-file", (folder.path() / "port").string(),
                      "--durability", "memory", "--data-dir", (folder.path() / "data").string(),
                      "--listen", "0.0.0.0", "--clients", file.path().string()}}};
    ASSERT_TRUE(eventually([&] { return belfryd.out().ends_with("\n"); })) << belfryd.err();
    const auto port = static_cast<std::uint16_t>(std::stoi(read_file(folder.path() / "port")));
    const std::string login = "LOGIN ann secret=" + old_secret;
    const auto answer = [&](const std::string& from, const std::string& to,
                            const std::string& line) {
        return Asker{from, to, port, line}.answer();
    };
    EXPECT_TRUE(answer("127.0.0.1", "127.0.0.1", login).starts_with("WELCOME ann "));
    EXPECT_TRUE(answer("127.0.0.7", "127.0.0.1", login).starts_with("WELCOME ann "));
    for (const std::string& own : own_addresses()) {
        SCOPED_TRACE(own);
        EXPECT_TRUE(answer(own, own, login).starts_with("WELCOME ann "));
        // The two ends differ, and one of them is not loopback, as between two machines.
        for (const std::string& line :
             {login, std::string{"LOGIN ann secret=wrong"}, std::string{"LOGIN zoe secret=wrong"},
              std::string{"LOGIN bob secret=wrong"}}) {
            EXPECT_TRUE(answer(own, "127.0.0.1", line).starts_with("ERR tls-required - ")) << line;
        }
        EXPECT_TRUE(answer(own, "127.0.0.1", "LOGIN bob").starts_with("WELCOME bob "));
        EXPECT_TRUE(answer(own, "127.0.0.1", "LOGIN ann").starts_with("ERR login-refused - "));
    }
    belfryd.signal(SIGTERM);
    EXPECT_EQ(belfryd.wait(), 0);
}

/// Sends the lines over connections at once. Returns how long each answer took.
std::vector<double> times_of(std::uint16_t port, const std::string& from,
                             const std::vector<std::string>& lines) {
    std::vector<Asker> askers;
    for (const std::string& line : lines) askers.emplace_back(from, "127.0.0.1", port, line);
    std::vector<pollfd> waiting;
    for (const Asker& asker : askers) waiting.push_back({asker.fd(), POLLIN, 0});
    std::vector<double> times(lines.size());
    const Deadline deadline{default_wait};
    for (std::size_t answered = 0; answered < askers.size();) {
        if (::poll(waiting.data(), waiting.size(), deadline.remaining_ms()) < 1) {
            throw Failure{"a refused login was not answered"};
        }
        for (std::size_t at = 0; at < waiting.size(); ++at) {
            if (waiting[at].revents == 0) continue;
            times[at] = askers[at].waited_ms();
            waiting[at].fd = -1;
            ++answered;
        }
    }
    return times;
}

TEST(SecretsNetwork, TheTimeOfARefusalDoesNotTellWhetherTheClientIsKnown) {
    const ClientsFile file{"ann:" + old_hash + "\nbob:" + old_hash_of_yescrypt + "\n"};
    const Server server{with_clients(file)};
    std::vector<double> known;
    std::vector<double> unknown;
    // Each round has both kinds in turn, because both then find the machine equally busy. It comes
    // from another address, so that no limit of an address counts.
    for (int round = 0; round < 20; ++round) {
        std::vector<std::string> lines;
        for (int number = round; number < round + 20; ++number) {
            lines.push_back(number % 2 == 0 ? "LOGIN ann secret=wrong" : "LOGIN zoe secret=wrong");
        }
        const auto times = times_of(server.port(), "127.1.0." + std::to_string(round + 1), lines);
        for (std::size_t at = 0; at < times.size(); ++at) {
            (lines[at].find("ann") != std::string::npos ? known : unknown).push_back(times[at]);
        }
    }
    std::cout << "refused for a wrong secret:    " << summary(known) << "\n"
              << "refused for an unknown client: " << summary(unknown) << "\n";
    EXPECT_GE(*std::min_element(known.begin(), known.end()), 100.0);
    EXPECT_GE(*std::min_element(unknown.begin(), unknown.end()), 100.0);
}

}  // namespace
}  // namespace belfry::test
