#include "wire/error_code.hpp"

#include <gtest/gtest.h>

namespace belfry::wire {
namespace {

constexpr ErrorCode last = ErrorCode::unavailable;

TEST(ErrorCode, EveryCodeIsFoundByItsName) {
    for (int i = 0; i <= static_cast<int>(last); ++i) {
        const auto code = static_cast<ErrorCode>(i);
        EXPECT_EQ(error_code_named(name_of(code)), code);
        EXPECT_FALSE(text_of(code).empty());
    }
}

TEST(ErrorCode, AnUnknownNameHasNoCode) {
    EXPECT_EQ(error_code_named("new-in-version-2"), std::nullopt);
    EXPECT_EQ(error_code_named(""), std::nullopt);
}

TEST(ErrorCode, ClosesTheConnectionAsTheProtocolSays) {
    for (const char* name :
         {"unknown-client", "login-first", "login-timeout", "too-many-clients", "line-too-long",
          "bad-payload", "login-refused", "tls-required", "unavailable"}) {
        EXPECT_TRUE(closes(error_code_named(name).value())) << name;
    }
    for (const char* name : {"bad-line", "unknown-command", "too-large", "bad-seq", "store-failed",
                             "already-logged-in"}) {
        EXPECT_FALSE(closes(error_code_named(name).value())) << name;
    }
}

}  // namespace
}  // namespace belfry::wire
