#include "cluster/etcd_certificate.hpp"

#include "tests/support/certificates.hpp"

#include <gtest/gtest.h>

namespace belfry::test {
namespace {

using cluster::problem_of_certificate;

TEST(EtcdCertificate, IsNamedIfItHasExpiredOrCannotBeRead) {
    const Certificates certificates;
    EXPECT_EQ(problem_of_certificate({}), "");
    EXPECT_EQ(problem_of_certificate(certificates.server().certificate), "");
    const auto expired = certificates.server("old", -1).certificate;
    EXPECT_EQ(problem_of_certificate(expired),
              "the certificate " + expired.string() + " has expired");
    EXPECT_EQ(problem_of_certificate("/nowhere.pem"),
              "the certificate /nowhere.pem cannot be read");
    const auto key = certificates.server("other").key;
    EXPECT_EQ(problem_of_certificate(key), "the certificate " + key.string() + " cannot be read");
}

}  // namespace
}  // namespace belfry::test
