#include "bench/support/publisher.hpp"

#include "bench/support/secrets.hpp"

#include <array>
#include <charconv>

namespace belfry::bench {

Publisher::Publisher(std::uint16_t port, std::string_view client_id, std::uint64_t window,
                     std::size_t bytes)
    : WindowedPublisher{port, window},
      tail_{' ' + std::to_string(bytes) + "\r\n" + std::string(bytes, 'x') + "\r\n"} {
    connection().send(login_line(client_id));
    std::array<char, 4096> buffer{};
    while (!counter_.live()) counter_.feed(connection().receive(buffer));
}

void Publisher::print(std::string& out) {
    char digits[20];
    char* const end = std::to_chars(std::begin(digits), std::end(digits), ++seq_).ptr;
    out.append("SEND ").append(std::begin(digits), end).append(tail_);
}

std::uint64_t Publisher::answers_in(std::string_view bytes) {
    const std::uint64_t before = counter_.sent();
    counter_.feed(bytes);
    return counter_.sent() - before;
}

}  // namespace belfry::bench
