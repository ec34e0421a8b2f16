#include "tests/support/relay.hpp"

#include "tests/support/failure.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>

namespace belfry::test {
namespace {

using namespace std::string_literals;

/// Returns a value of the header: its type, its length in two bytes, and its bytes.
std::string value(char type, const std::string& bytes) {
    return type + "\0"s + static_cast<char>(bytes.size()) + bytes;
}

std::string tls_value(const std::string& common_name) {
    if (common_name.empty()) return value('\x20', "\x01\0\0\0\x01"s);
    return value('\x20', "\x07\0\0\0\0"s + value('\x22', common_name));
}

}  // namespace

RawClient connect_as_relay(const std::filesystem::path& data_dir) {
    const std::filesystem::path path = data_dir / "gate.sock";
    base::UniqueFd socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        throw system_failure("connect");
    }
    return RawClient{std::move(socket)};
}

std::string proxy_header(const ProxyFacts& facts) {
    std::string rest = facts.peer + facts.local + "\x9c\x40\x13\x89";
    if (facts.is_encrypted) rest += tls_value(facts.common_name);
    rest += value('\xe0', facts.transport);
    return "\r\n\r\n\0\r\nQUIT\n\x21\x11\0"s + static_cast<char>(rest.size()) + rest;
}

}  // namespace belfry::test
