#include "bench/support/nats_server.hpp"

#include "bench/support/connection.hpp"
#include "bench/support/installed.hpp"
#include "bench/support/wait.hpp"

#include <array>
#include <fstream>

namespace belfry::bench {
namespace {

constexpr std::chrono::seconds start_timeout{20};

/// Returns the configuration. It turns off the server's pings, because they would come between the
/// counted messages.
std::string configuration(const std::filesystem::path& dir, std::uint16_t port) {
    return "listen: \"127.0.0.1:" + std::to_string(port) + "\"\nlog_file: \"" +
           (dir / "nats.log").string() +
           "\"\nmax_pending: 4294967296\nwrite_deadline: \"60s\"\nping_interval: \"1h\"\n";
}

std::string streams(const std::filesystem::path& dir, bool synced) {
    return "jetstream {\n  store_dir: \"" + dir.string() + "\"\n" +
           (synced ? "  sync_interval: always\n" : "") + "}\n";
}

std::string encryption(const Tls& tls) {
    return "tls {\n  cert_file: \"" + tls.server().certificate.string() + "\"\n  key_file: \"" +
           tls.server().key.string() + "\"\n}\n";
}

std::string web_socket(std::uint16_t port) {
    return "websocket {\n  listen: \"127.0.0.1:" + std::to_string(port) +
           "\"\n  no_tls: true\n  compression: false\n}\n";
}

std::filesystem::path write(const std::filesystem::path& path, const std::string& text) {
    std::ofstream{path} << text;
    return path;
}

test::Invocation server_command(NatsServer::Use use, const std::filesystem::path& dir,
                                std::uint16_t port, std::uint16_t web_port, const Tls* tls) {
    std::string text = configuration(dir, port);
    if (use == NatsServer::Use::synced_streams) text += streams(dir, NatsServer::can_sync(dir));
    if (web_port != 0) text += web_socket(web_port);
    if (tls != nullptr) text += encryption(*tls);
    test::Invocation command{*installed("nats-server"),
                             {"--config", write(dir / "nats.conf", text).string()}};
    command.own_session = true;
    return command;
}

}  // namespace

bool NatsServer::is_installed() {
    return installed("nats-server").has_value();
}

bool NatsServer::can_sync(const std::filesystem::path& dir) {
    const auto path = write(dir / "try.conf", streams(dir, true));
    return test::run({*installed("nats-server"), {"-t", "--config", path.string()}}).status == 0;
}

NatsServer::NatsServer(Use use, const std::filesystem::path& dir, Transport transport)
    : port_{free_port()},
      web_port_{transport.is_web_socket ? free_port() : std::uint16_t{0}},
      nats_{server_command(use, dir, port_, web_port_, transport.tls)} {
    wait_until([this] { return answers(); }, start_timeout, "nats-server does not answer");
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
