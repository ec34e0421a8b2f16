#include "bench/fanout/nats_peer.hpp"

#include "bench/support/read_up_to.hpp"
#include "tests/support/failure.hpp"

namespace belfry::bench {
namespace {

constexpr std::string_view connect_command =
    R"(CONNECT {"verbose":false,"pedantic":false,"tls_required":false,"lang":"bench","version":"1"})"
    "\r\n";

}  // namespace

/// TLS begins after the first line of the server, and a WebSocket before it.
Connection NatsPeer::connect() const {
    Connection connection{port()};
    if (transport().is_web_socket) connection.start_web_socket({});
    read_up_to(connection, "INFO ");
    if (transport().tls != nullptr) connection.start_tls(*transport().tls);
    return connection;
}

void NatsPeer::subscribe(const Connection& connection, std::size_t /*index*/) {
    connection.send(std::string{connect_command} + "SUB c 1\r\nPING\r\n");
    read_up_to(connection, "PONG");
}

void NatsPeer::introduce(const Connection& connection) {
    connection.send(std::string{connect_command} + "PING\r\n");
    read_up_to(connection, "PONG");
}

/// Waits for the PING of the server, which measures the round trip once, about two seconds after
/// the start of each connection.
void NatsPeer::settle(const Connection& connection) {
    read_up_to(connection, "PING");
    connection.send("PONG\r\n");
}

std::uint64_t NatsPeer::print(std::string& out, std::uint64_t count, std::string_view payload) {
    const std::string tail =
        std::to_string(payload.size()) + "\r\n" + std::string{payload} + "\r\n";
    const std::string publish = "PUB c " + tail;
    const std::string message = "MSG c 1 " + tail;
    for (std::uint64_t i = 0; i < count; ++i) out += publish;
    out += "PING\r\n";
    batches_.push_back(count);
    return count * message.size();
}

std::uint64_t NatsPeer::answered(std::string_view bytes) {
    std::uint64_t count = 0;
    lines_.feed(bytes, [&](std::string_view line) {
        if (line.starts_with("INFO ")) return;  // the server may send it again
        if (line != "PONG" || batches_.empty()) {
            throw test::Failure("unexpected line of nats-server: '" + std::string{line} + "'");
        }
        count += batches_.front();
        batches_.pop_front();
    });
    return count;
}

}  // namespace belfry::bench
