#include "tests/chaos/strangers.hpp"

#include "tests/support/failure.hpp"

#include <array>
#include <string>
#include <string_view>

namespace belfry::test {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t max_connections = 40;

constexpr std::array openings{
    ""sv,
    "LOG"sv,
    "LOGIN nobody\r\n"sv,
    "LOGIN nobody\r\nSEND 1 5\r\nhel"sv,
    "SEND 1 5\r\nhello\r\n"sv,
    "GET / HTTP/1.1\r\n\r\n"sv,
    "\x16\x03\x01\x00\xff\x00\xff"sv,
};

/// Returns an address that no client uses, because the server shuts out addresses with many failed
/// logins.
std::string any_address(std::mt19937_64& random) {
    std::uniform_int_distribution<int> last_byte{1, 100};
    return "127.0.1." + std::to_string(last_byte(random));
}

}  // namespace

void Strangers::send_one(std::uint16_t port, std::mt19937_64& random) {
    std::uniform_int_distribution<std::size_t> any{0, openings.size() - 1};
    const std::string_view opening = openings[any(random)];
    const bool resets = std::bernoulli_distribution{0.5}(random);
    try {
        RawClient stranger{port, 0, any_address(random)};
        stranger.send(opening);
        if (resets) return stranger.reset();
        connections_.push_back(std::move(stranger));
    } catch (const Disconnected&) {
        // The server refused the connection, or its child was killed.
    }
    if (connections_.size() > max_connections) connections_.pop_front();
}

}  // namespace belfry::test
