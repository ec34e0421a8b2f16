#include "belfry/client.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace belfry::client {
namespace {

TEST(Secret, IsKeptAsLoginCarriesIt) {
    EXPECT_EQ(Secret{"open sesame"}.encoded(), "open%20sesame");
    EXPECT_TRUE(Secret{}.is_empty());
}

TEST(Secret, Has1To256BytesWithoutNul) {
    EXPECT_FALSE(Secret::is_possible(""));
    EXPECT_TRUE(Secret::is_possible("x"));
    EXPECT_TRUE(Secret::is_possible(std::string(256, 'x')));
    EXPECT_FALSE(Secret::is_possible(std::string(257, 'x')));
    EXPECT_FALSE(Secret::is_possible(std::string_view{"a\0b", 3}));
}

TEST(Secret, IsMovedAndNotCopied) {
    Secret first{"x"};
    const char* const bytes = first.encoded().data();
    Secret second{std::move(first)};
    EXPECT_EQ(second.encoded().data(), bytes);
    Secret third;
    third = std::move(second);
    EXPECT_EQ(third.encoded().data(), bytes);
    EXPECT_EQ(third.encoded(), "x");
}

}  // namespace
}  // namespace belfry::client
