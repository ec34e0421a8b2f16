#include "bench/support/nats_server.hpp"

#include "bench/support/connection.hpp"
#include "bench/support/installed.hpp"
#include "bench/support/wait.hpp"

#include <array>
#include <fstream>

namespace belfry::bench {
namespace {

constexpr std::chrono::seconds start_patience{20};

/// The server's own pings would stand between the messages that are counted.
std::filesystem::path write_configuration(const std::filesystem::path& dir, std::uint16_t port) {
    const auto path = dir / "nats.conf";
    std::ofstream file{path};
    file << "listen: \"127.0.0.1:" << port << "\"\n"
         << "log_file: \"" << (dir / "nats.log").string() << "\"\n"
         << "max_pending: 4294967296\n"
            "write_deadline: \"60s\"\n"
            "ping_interval: \"1h\"\n";
    return path;
}

test::Command server_command(const std::filesystem::path& dir, std::uint16_t port) {
    test::Command command{*installed("nats-server"),
                          {"--config", write_configuration(dir, port).string()}};
    command.own_session = true;
    return command;
}

}  // namespace

bool NatsServer::is_installed() {
    return installed("nats-server").has_value();
}

NatsServer::NatsServer(const std::filesystem::path& dir)
    : port_{free_port()}, nats_{server_command(dir, port_)} {
    wait_until([this] { return answers(); }, start_patience, "nats-server does not answer");
}

bool NatsServer::answers() {
    if (!nats_.is_running()) {
        throw test::Failure("nats-server has ended: " + nats_.out() + nats_.err());
    }
    try {
        const Connection connection{port_};
        std::array<char, 64> buffer{};
        return connection.receive(buffer).starts_with("INFO ");
    } catch (const test::Failure&) {
        return false;
    }
}

}  // namespace belfry::bench
