#include "server/exposure.hpp"

#include "tests/support/secrets.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace belfry::test {
namespace {

std::string exposure(const std::string& listen, const std::string& clients) {
    const ClientsFile file{clients};
    server::Options options;
    options.listen = listen;
    return server::exposure_of(options, auth::KnownClients{std::vector<std::string>{}, file.path()})
        .value_or("none");
}

TEST(Exposure, IsNoneOnLoopback) {
    for (const char* address : {"127.0.0.1", "127.3.2.1", "::1", "::ffff:127.0.0.1"}) {
        EXPECT_EQ(exposure(address, "ann\n"), "none") << address;
    }
}

TEST(Exposure, OfAnotherAddressNamesTheClientsThatNeedNoSecret) {
    for (const std::string address : {"0.0.0.0", "::", "192.0.2.1", "2001:db8::1"}) {
        const std::string line = "listening without TLS on " + address +
                                 ": others on the network can read and change messages";
        EXPECT_EQ(exposure(address, "ann:" + old_hash + "\nbob:*\n"), line);
        EXPECT_EQ(exposure(address, "ann\nbob:*\ncat\n"),
                  line +
                      "; anybody on the network can log in as these clients, which need no secret: "
                      "ann, cat");
        EXPECT_EQ(exposure(address, "a\nb\nc\nd\ne\nf\ng\n"),
                  line +
                      "; anybody on the network can log in as these clients, which need no secret: "
                      "a, b, c, d, e and 2 more");
    }
}

/// Returns the exposure of a server with a gate and a client that needs a secret, bob.
std::string exposure_with(const server::GateOptions& gate, const std::string& clients,
                          const std::string& listen = "127.0.0.1") {
    const ClientsFile file{clients};
    server::Options options;
    options.listen = listen;
    options.gate = gate;
    return server::exposure_of(options, auth::KnownClients{std::vector<std::string>{}, file.path()})
        .value_or("none");
}

const std::string closed = "ann:" + old_hash + "\n";
const std::string with_open = closed + "bob\n";
constexpr const char* bob_is_open =
    "anybody on the network can log in as these clients, which need no secret: bob";

TEST(Exposure, OverTlsIsThatOfTheClientsThatNeedNoSecret) {
    for (const server::GateOptions& gate :
         {server::GateOptions{.tls = server::GatePort{"0.0.0.0"}},
          server::GateOptions{.web = server::GatePort{"::"}, .web_tls = true}}) {
        EXPECT_EQ(exposure_with(gate, with_open), bob_is_open);
        EXPECT_EQ(exposure_with(gate, closed), "none");
    }
}

TEST(Exposure, OfAWebPortWithoutTlsIsThatOfThePlainPort) {
    const server::GateOptions gate{.web = server::GatePort{"192.0.2.1"}};
    const auto line = [](const std::string& addresses) {
        return "listening without TLS on " + addresses +
               ": others on the network can read and change messages";
    };
    EXPECT_EQ(exposure_with(gate, closed), line("192.0.2.1"));
    EXPECT_EQ(exposure_with(gate, with_open), line("192.0.2.1") + "; " + bob_is_open);
    EXPECT_EQ(exposure_with(gate, closed, "192.0.2.1"), line("192.0.2.1"));
    EXPECT_EQ(exposure_with(gate, closed, "::"), line(":: and 192.0.2.1"));
    EXPECT_EQ(exposure_with({.web = server::GatePort{"::1"}}, with_open), "none");
    EXPECT_EQ(exposure_with({.web = server::GatePort{"::"}, .web_proxy = "192.0.2.7"}, closed),
              line("::"));
}

TEST(Exposure, BehindAReverseProxyIsThatOfTheClientsThatNeedNoSecret) {
    const server::GateOptions gate{.web = server::GatePort{"127.0.0.1"}, .web_proxy = "127.0.0.1"};
    EXPECT_EQ(exposure_with(gate, closed), "none");
    EXPECT_EQ(exposure_with(gate, with_open), bob_is_open);
}

}  // namespace
}  // namespace belfry::test
