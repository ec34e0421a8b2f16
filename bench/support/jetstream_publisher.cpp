#include "bench/support/jetstream_publisher.hpp"

#include "bench/support/read_up_to.hpp"
#include "tests/support/failure.hpp"

namespace belfry::bench {
namespace {

constexpr std::string_view stream =
    R"({"name":"s","subjects":["s"],"storage":"file","num_replicas":1,"retention":"limits","discard":"old"})";

std::string request(std::string_view subject, std::string_view body) {
    return "PUB " + std::string{subject} + " a " + std::to_string(body.size()) + "\r\n" +
           std::string{body} + "\r\n";
}

}  // namespace

JetStreamPublisher::JetStreamPublisher(std::uint16_t port, std::uint64_t window)
    : WindowedPublisher{port, window} {
    read_up_to(connection(), "INFO ");
    connection().send("CONNECT {\"verbose\":false,\"pedantic\":false}\r\nSUB a 1\r\nPING\r\n");
    read_up_to(connection(), "PONG");
    make_stream();
}

void JetStreamPublisher::make_stream() {
    connection().send(request("$JS.API.STREAM.CREATE.s", stream));
    read_up_to(connection(),
               R"({"type":"io.nats.jetstream.api.v1.stream_create_response","config")");
}

void JetStreamPublisher::print(std::string& out) {
    static const std::string publish = request("s", std::string(payload_size, 'x'));
    out += publish;
}

/// An answer is `MSG a 1 <nbytes>`, followed by `{"stream":"s", "seq":<n>}`. A PING of the server
/// may come between them.
std::uint64_t JetStreamPublisher::answers_in(std::string_view bytes) {
    std::uint64_t count = 0;
    lines_.feed(bytes, [&](std::string_view line) {
        if (line.starts_with("MSG a ") || line.starts_with("INFO ")) return;
        if (line == "PING") return connection().send("PONG\r\n");
        if (!line.starts_with(R"({"stream":)")) {
            throw test::Failure("unexpected line of nats-server: '" + std::string{line} + "'");
        }
        ++count;
    });
    return count;
}

}  // namespace belfry::bench
