#include "gate/openssl.hpp"

#include <gtest/gtest.h>

namespace belfry::gate {
namespace {

TEST(TakeOpensslError, NamesTheFirstErrorAndClearsAll) {
    ERR_raise(ERR_LIB_SSL, SSL_R_WRONG_VERSION_NUMBER);
    ERR_raise(ERR_LIB_SSL, SSL_R_NO_SHARED_CIPHER);
    EXPECT_EQ(take_openssl_error(), "wrong version number");
    EXPECT_EQ(::ERR_peek_error(), 0U);
}

}  // namespace
}  // namespace belfry::gate
