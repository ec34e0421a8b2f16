#include "bench/support/belfry_peer.hpp"

#include "bench/support/client_ids.hpp"
#include "bench/support/read_up_to.hpp"
#include "bench/support/secrets.hpp"
#include "tests/support/failure.hpp"

#include <charconv>
#include <vector>

namespace belfry::bench {
namespace {

constexpr std::string_view publisher = "publisher";

std::string subscriber(std::size_t index) {
    return "s" + std::to_string(index);
}

std::size_t digits(std::uint64_t number) {
    return std::to_string(number).size();
}

void log_in_as(const Connection& connection, std::string_view client_id) {
    connection.send(login_line(client_id));
    read_up_to(connection, "LIVE ");
}

void append_number(std::string& out, std::uint64_t number) {
    char text[20];
    out.append(std::begin(text), std::to_chars(std::begin(text), std::end(text), number).ptr);
}

}  // namespace

BelfryPeer::BelfryPeer(const std::filesystem::path& dir, std::size_t subscribers,
                       Transport transport, const std::string& durability)
    : BelfryProtocol{transport},
      server_{{dir, durability, all_ids(subscribers), "64M", subscribers + 1, transport}} {}

std::vector<std::string> BelfryProtocol::all_ids(std::size_t subscribers) {
    auto ids = client_ids("s", subscribers);
    ids.emplace_back(publisher);
    return ids;
}

/// The frame is `MSG <id> publisher <ms> <nbytes>` CRLF payload CRLF. The time has 13 digits from
/// 2001 to 2286.
std::uint64_t BelfryProtocol::bytes_beside_id(std::size_t payload) {
    return std::string_view{"MSG   1234567890123 \r\n\r\n"}.size() + publisher.size() +
           digits(payload) + payload;
}

void BelfryProtocol::subscribe(const Connection& connection, std::size_t index) {
    log_in(connection, index);
}

void BelfryProtocol::log_in(const Connection& connection, std::size_t index) {
    log_in_as(connection, subscriber(index));
}

void BelfryProtocol::introduce(const Connection& connection) {
    log_in_as(connection, publisher);
}

std::uint64_t BelfryProtocol::print(std::string& out, std::uint64_t count,
                                    std::string_view payload) {
    const std::string tail = " " + std::to_string(payload.size()) + "\r\n";
    std::uint64_t bytes = count * bytes_beside_id(payload.size());
    for (; count > 0; --count) {
        ++published_;  // this is also the id, because no other client has ever sent a message
        const std::size_t before = out.append("SEND ").size();
        append_number(out, published_);
        bytes += out.size() - before;
        out.append(tail).append(payload).append("\r\n");
    }
    return bytes;
}

std::uint64_t BelfryProtocol::answered(std::string_view bytes) {
    std::uint64_t count = 0;
    lines_.feed(bytes, [&count](std::string_view line) {
        if (!line.starts_with("SENT ")) {
            throw test::Failure("unexpected line of belfryd: '" + std::string{line} + "'");
        }
        ++count;
    });
    return count;
}

}  // namespace belfry::bench
