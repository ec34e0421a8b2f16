#include "bench/fanout/raw_peer.hpp"

#include "bench/support/belfry_peer.hpp"
#include "bench/support/read_up_to.hpp"
#include "bench/support/wait.hpp"

#include <limits>

namespace belfry::bench {
namespace {

constexpr std::chrono::seconds start_timeout{10};
constexpr std::size_t usual_id_digits = 7;

test::Invocation server(RawPeer::Kind kind) {
    const char* const option = kind == RawPeer::Kind::raw ? "--raw-server" : "--relay-server";
    test::Invocation command{"/proc/self/exe", {option}};
    command.own_session = true;
    return command;
}

}  // namespace

RawPeer::RawPeer(Kind kind) : kind_{kind}, process_{server(kind)} {
    wait_until([this] { return process_.out().ends_with('\n'); }, start_timeout,
               "the raw server does not start");
    const std::string line = process_.out();
    port_ = static_cast<std::uint16_t>(std::stoul(line.substr(line.rfind(' '))));
}

void RawPeer::subscribe(const Connection& connection, std::size_t /*index*/) {
    connection.send("SUB\r\n");
    read_up_to(connection, "OK");
}

void RawPeer::introduce(const Connection& connection) {
    connection.send("PUB\r\n");
    read_up_to(connection, "OK");
}

std::uint64_t RawPeer::print(std::string& out, std::uint64_t count, std::string_view payload) {
    const std::uint64_t bytes = BelfryPeer::bytes_beside_id(payload.size()) + usual_id_digits;
    out += std::to_string(count) + " " + std::to_string(bytes) + "\r\n";
    return count * bytes;
}

std::uint64_t RawPeer::answered(std::string_view bytes) {
    std::uint64_t count = 0;
    lines_.feed(bytes, [&](std::string_view line) { count += std::stoull(std::string{line}); });
    return count;
}

std::uint64_t RawPeer::window(std::uint64_t /*asked*/) const {
    return std::numeric_limits<std::uint64_t>::max();
}

}  // namespace belfry::bench
