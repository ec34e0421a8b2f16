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

TEST(Exposure, OverTlsIsThatOfTheClientsThatNeedNoSecret) {
    const ClientsFile file{"ann:" + old_hash + "\nbob\n"};
    const ClientsFile closed{"ann:" + old_hash + "\n"};
    server::Options options;
    options.gate.emplace();
    options.gate->listen = "0.0.0.0";
    const std::vector<std::string> none;
    EXPECT_EQ(server::exposure_of(options, auth::KnownClients{none, file.path()}),
              "anybody on the network can log in as these clients, which need no secret: bob");
    EXPECT_FALSE(server::exposure_of(options, auth::KnownClients{none, closed.path()}));
}

}  // namespace
}  // namespace belfry::test
