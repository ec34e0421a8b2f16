#include "bench/support/redis_server.hpp"

#include "bench/support/connection.hpp"
#include "bench/support/installed.hpp"
#include "bench/support/wait.hpp"
#include "bench/support/windowed_publisher.hpp"

#include <string>
#include <vector>

namespace belfry::bench {
namespace {

constexpr std::chrono::seconds start_timeout{20};
constexpr std::chrono::seconds run_timeout{120};

test::Invocation server_command(RedisServer::Use use, const std::filesystem::path& dir,
                                std::uint16_t port, const Tls* tls) {
    test::Invocation command{*installed("redis-server"),
                             {"--bind", "127.0.0.1", tls == nullptr ? "--port" : "--tls-port",
                              std::to_string(port), "--dir", dir.string(), "--daemonize", "no",
                              "--save", "", "--client-output-buffer-limit", "pubsub 0 0 0"}};
    if (tls != nullptr) {
        for (const std::string& option :
             {std::string{"--port"}, std::string{"0"}, std::string{"--tls-auth-clients"},
              std::string{"no"}, std::string{"--tls-cert-file"}, tls->server().certificate.string(),
              std::string{"--tls-key-file"}, tls->server().key.string()}) {
            command.arguments.push_back(option);
        }
    }
    if (use == RedisServer::Use::synced_streams) {
        // Rewriting the log during the measurement would slow Redis down, so it is turned off.
        for (const char* const option : {"--appendonly", "yes", "--appendfsync", "always",
                                         "--auto-aof-rewrite-percentage", "0"}) {
            command.arguments.emplace_back(option);
        }
    }
    command.own_session = true;
    return command;
}

/// Returns the second field of the last line, which is like `"XADD …","12345.67",…`.
double rate_in(const std::string& csv) {
    const auto lines = test::lines_of(csv);
    const std::string line = lines.empty() ? "" : lines.back();
    const std::size_t comma = line.find("\",\"");
    if (comma == std::string::npos) {
        throw test::Failure("unexpected output of redis-benchmark: '" + csv + "'");
    }
    return std::stod(line.substr(comma + 3));
}

std::string run_to_end(const test::Invocation& command) {
    test::Process process{command};
    wait_until([&] { return !process.is_running(); }, run_timeout, "redis-benchmark does not end");
    if (process.wait() != 0) throw test::Failure("redis-benchmark has failed: " + process.err());
    return process.out();
}

}  // namespace

bool RedisServer::is_installed() {
    return installed("redis-server").has_value();
}

bool RedisServer::has_benchmark() {
    return installed("redis-benchmark").has_value();
}

RedisServer::RedisServer(Use use, const std::filesystem::path& dir, const Tls* tls)
    : port_{free_port()}, tls_{tls}, redis_{server_command(use, dir, port_, tls)} {
    wait_until([this] { return answers(); }, start_timeout, "redis-server does not answer");
}

bool RedisServer::answers() {
    if (!redis_.is_running()) throw test::Failure("redis-server has ended: " + redis_.out());
    try {
        Connection connection{port_, tls_};
        connection.send("PING\r\n");
        char buffer[64];
        return connection.receive(buffer).starts_with("+PONG");
    } catch (const test::Failure&) {
        return false;
    }
}

double RedisServer::append_rate(std::uint64_t in_flight, std::uint64_t count) {
    const std::uint64_t pieces = (count + in_flight - 1) / in_flight;
    const std::string stream = "stream" + std::to_string(++streams_);
    return rate_in(
        run_to_end({*installed("redis-benchmark"),
                    {"-h", "127.0.0.1", "-p", std::to_string(port_), "-c", "1", "-P",
                     std::to_string(in_flight), "-n", std::to_string(pieces * in_flight), "--csv",
                     "XADD", stream, "*", "field", std::string(payload_size, 'x')}}));
}

}  // namespace belfry::bench
