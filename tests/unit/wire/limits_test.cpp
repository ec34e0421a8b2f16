#include "wire/limits.hpp"

#include <gtest/gtest.h>

#include <string>

namespace belfry::wire {
namespace {

TEST(ClientId, Is1To32AllowedCharacters) {
    EXPECT_TRUE(is_client_id("1"));
    EXPECT_TRUE(is_client_id("A-Z_a.z09"));
    EXPECT_TRUE(is_client_id(std::string(32, 'x')));
    EXPECT_FALSE(is_client_id(""));
    EXPECT_FALSE(is_client_id(std::string(33, 'x')));
}

TEST(ClientId, HoldsNoOtherCharacter) {
    for (int c = 0; c < 256; ++c) {
        const bool expected = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                              (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
        EXPECT_EQ(is_client_id(std::string(1, static_cast<char>(c))), expected) << c;
    }
}

}  // namespace
}  // namespace belfry::wire
