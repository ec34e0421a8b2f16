#include "tests/support/certificates.hpp"

#include "tests/support/process.hpp"

#include <sys/stat.h>

#include <gtest/gtest.h>

namespace belfry::test {
namespace {

Result verify(const Certificates& certificates, const KeyPair& pair,
              std::vector<std::string> more = {}) {
    std::vector<std::string> arguments{"verify", "-CAfile", certificates.authority()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    arguments.push_back(pair.certificate);
    return run({.program = "/usr/bin/openssl", .arguments = arguments});
}

TEST(Certificates, OfServersAndClientsAreSignedAndOthersAreNot) {
    const Certificates certificates;
    EXPECT_EQ(verify(certificates, certificates.server(), {"-purpose", "sslserver"}).status, 0);
    EXPECT_EQ(verify(certificates, certificates.client("ann"), {"-purpose", "sslclient"}).status,
              0);
    EXPECT_NE(verify(certificates, certificates.self_signed("other")).status, 0);
    struct stat key {};
    ASSERT_EQ(::stat(certificates.server().key.c_str(), &key), 0);
    EXPECT_EQ(key.st_mode & 0777, 0600U);
}

TEST(Certificates, CanHaveExpired) {
    const Certificates certificates;
    const Result result = verify(certificates, certificates.server("old", -1));
    EXPECT_NE(result.err.find("expired"), std::string::npos) << result.err;
}

TEST(Certificates, CanBeRevoked) {
    const Certificates certificates;
    const KeyPair ann = certificates.client("ann");
    const auto revoked = certificates.revoke(ann);
    const Result result = verify(certificates, ann, {"-crl_check", "-CRLfile", revoked});
    EXPECT_NE(result.err.find("revoked"), std::string::npos) << result.err;
}

}  // namespace
}  // namespace belfry::test
