#include "tests/support/certificates.hpp"
#include "tests/support/server.hpp"
#include "tests/support/tls_front.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

/// belfry's TLS connections to a real server are torn, again and again.
namespace belfry::test {
namespace {

constexpr std::size_t rounds = 10;
constexpr std::size_t in_each_round = 200;

std::string numbered(std::string_view what, std::size_t number) {
    return std::string{what} + " " + std::to_string(number) + std::string(number % 500, '.');
}

std::vector<std::string> all_numbered(std::string_view what) {
    std::vector<std::string> texts;
    for (std::size_t n = 0; n < rounds * in_each_round; ++n) texts.push_back(numbered(what, n));
    return texts;
}

/// Reads messages until there are so many of them.
void read_up_to(std::size_t count, RawClient& client, std::vector<std::string>& texts) {
    while (texts.size() < count) {
        const Frame frame = client.next();
        if (frame.verb == "MSG") texts.push_back(frame.payload);
    }
}

TEST(BelfryTlsCuts, EachMessageArrivesOnceInBothDirections) {
    const Certificates certificates;
    const Server server;
    TlsFront front{{.certificate = certificates.server(), .behind = server.port()}};
    RawClient other = server.log_in("2");
    Process belfry{{.program = program("belfry"),
                    .arguments = {"-client_id", "1", "-port", std::to_string(front.port()),
                                  "--tls-ca", certificates.authority().string(), "--json",
                                  "--count", std::to_string(rounds * in_each_round)},
                    .input = Input::pipe()}};
    std::vector<std::string> sent;
    std::size_t number = 0;
    for (std::size_t round = 1; round <= rounds; ++round) {
        for (; number < round * in_each_round; ++number) {
            belfry.write(numbered("from belfry", number) + "\n");
            other.send_message(number + 1, numbered("for belfry", number));
        }
        read_up_to(number - in_each_round / 2, other, sent);
        front.cut();
    }
    read_up_to(number, other, sent);
    EXPECT_EQ(belfry.wait(), 0) << belfry.err();
    EXPECT_EQ(sent, all_numbered("from belfry"));
    std::vector<std::string> received;
    for (const auto& line : lines_of(belfry.out())) {
        received.push_back(nlohmann::json::parse(line).at("text"));
    }
    EXPECT_EQ(received, all_numbered("for belfry"));
    EXPECT_GT(front.handshakes(), 2);
}

}  // namespace
}  // namespace belfry::test
