#include "bench/fanout/mosquitto_server.hpp"

#include "bench/support/connection.hpp"
#include "bench/support/installed.hpp"
#include "bench/support/wait.hpp"

#include <fstream>

namespace belfry::bench {
namespace {

constexpr std::chrono::seconds start_timeout{20};

/// Returns the configuration. mosquitto does not start without a listener for plain MQTT. It names
/// limits for queues, 0 meaning none.
std::string configuration(std::uint16_t port) {
    return "listener " + std::to_string(free_port()) + " 127.0.0.1\nlistener " +
           std::to_string(port) +
           " 127.0.0.1\nprotocol websockets\n"
           "allow_anonymous true\npersistence false\nset_tcp_nodelay true\n"
           "max_queued_messages 0\nmax_queued_bytes 0\nmax_inflight_messages 0\n"
           "log_dest stderr\nlog_type error\n";
}

test::Invocation server_command(const std::filesystem::path& dir, std::uint16_t port) {
    const auto path = dir / "mosquitto.conf";
    std::ofstream{path} << configuration(port);
    test::Invocation command{*installed("mosquitto"), {"-c", path.string()}};
    command.own_session = true;
    return command;
}

}  // namespace

bool MosquittoServer::is_installed() {
    return installed("mosquitto").has_value();
}

MosquittoServer::MosquittoServer(const std::filesystem::path& dir)
    : port_{free_port()}, mosquitto_{server_command(dir, port_)} {
    wait_until([this] { return listens(); }, start_timeout, "mosquitto does not listen");
}

bool MosquittoServer::listens() {
    if (!mosquitto_.is_running()) {
        throw test::Failure("mosquitto has ended: " + mosquitto_.out() + mosquitto_.err());
    }
    try {
        const Connection connection{port_};
        return true;
    } catch (const test::Failure&) {
        return false;
    }
}

}  // namespace belfry::bench
