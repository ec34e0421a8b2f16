#include "bench/fanout/redis_peer.hpp"

#include "bench/support/read_up_to.hpp"
#include "tests/support/failure.hpp"

namespace belfry::bench {
namespace {

/// Returns the text as a bulk string of RESP.
std::string bulk(std::string_view text) {
    return "$" + std::to_string(text.size()) + "\r\n" + std::string{text} + "\r\n";
}

}  // namespace

RedisPeer::RedisPeer(const std::filesystem::path& dir, std::size_t subscribers, Transport transport)
    : Peer{transport},
      server_{RedisServer::Use::pub_sub, dir, transport.tls},
      reply_{":" + std::to_string(subscribers)} {}

void RedisPeer::subscribe(const Connection& connection, std::size_t /*index*/) {
    connection.send("*2\r\n" + bulk("SUBSCRIBE") + bulk("c"));
    read_up_to(connection, ":1");
}

void RedisPeer::introduce(const Connection& connection) {
    connection.send("PING\r\n");
    read_up_to(connection, "+PONG");
}

std::uint64_t RedisPeer::print(std::string& out, std::uint64_t count, std::string_view payload) {
    const std::string publish = "*3\r\n" + bulk("PUBLISH") + bulk("c") + bulk(payload);
    const std::string message = "*3\r\n" + bulk("message") + bulk("c") + bulk(payload);
    for (std::uint64_t i = 0; i < count; ++i) out += publish;
    return count * message.size();
}

std::uint64_t RedisPeer::answered(std::string_view bytes) {
    std::uint64_t count = 0;
    lines_.feed(bytes, [&](std::string_view line) {
        if (line != reply_) {
            throw test::Failure("unexpected line of redis-server: '" + std::string{line} + "'");
        }
        ++count;
    });
    return count;
}

}  // namespace belfry::bench
