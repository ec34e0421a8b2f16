#include "auth/secret.hpp"

#include "auth/digest.hpp"

#include <crypt.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <string>

namespace belfry::auth {
namespace {

std::string hash_of(const std::string& secret, const std::string& setting) {
    crypt_data data{};
    const char* const hash = ::crypt_rn(secret.c_str(), setting.c_str(), &data, sizeof data);
    return hash == nullptr ? "" : hash;
}

bool is_secret(const std::string& secret, const std::string& hash) {
    Secret given;
    std::ranges::copy(secret, given.room().begin());
    return verify(given, hash);
}

TEST(Secret, IsVerifiedByEachMethodOfHashing) {
    for (const std::string setting :
         {"$7$26..../....aaaaaaaaaaaaaaaaaaaaaa",
          "$y$j75$k2XAnEHBqQ1Ct2aMXFKNaR4Odd4Al6nAoIXBrUHCV74", "$6$rounds=1000$aaaaaaaaaaaaaaaa",
          "$5$rounds=1000$aaaaaaaaaaaaaaaa", "$2b$04$KBCwKxOzLha2MUDgW0PjXe"}) {
        const std::string hash = hash_of("open sesame", setting);
        ASSERT_NE(hash, "") << setting;
        EXPECT_TRUE(is_secret("open sesame", hash)) << setting;
        EXPECT_FALSE(is_secret("open sesam", hash)) << setting;
        EXPECT_FALSE(is_secret("open sesame.", hash)) << setting;
        EXPECT_FALSE(is_secret("", hash)) << setting;
    }
}

TEST(Secret, MayHave256BytesOfAnyValueButNul) {
    std::string secret;
    for (int byte = 1; byte < 256; ++byte) secret += static_cast<char>(byte);
    secret += 'x';
    ASSERT_EQ(secret.size(), max_secret);
    const std::string hash = hash_of(secret, "$7$26..../....aaaaaaaaaaaaaaaaaaaaaa");
    EXPECT_TRUE(is_secret(secret, hash));
    secret.back() = 'y';
    EXPECT_FALSE(is_secret(secret, hash));
}

TEST(Secret, IsNeverThatOfAHashThatCannotBeUsed) {
    for (const std::string& hash :
         {std::string{}, std::string{"*0"}, std::string{"*1"}, std::string{"x"},
          "$7$~~..../....salt$" + std::string(43, 'x'), "$2b$99$" + std::string(53, 'x')}) {
        EXPECT_FALSE(is_secret("secret", hash)) << hash;
    }
}

TEST(Secret, IsOverwrittenWhenItIsDestroyed) {
    alignas(Secret) std::array<char, sizeof(Secret)> memory;
    auto* const secret = new (memory.data()) Secret;
    std::memcpy(secret->room().data(), "open sesame", 11);
    ASSERT_NE(std::string(memory.data(), memory.size()).find("open sesame"), std::string::npos);
    secret->~Secret();
    EXPECT_EQ(std::string(memory.data(), memory.size()), std::string(memory.size(), '\0'));
}

TEST(Digest, IsTheBeginningOfSha256) {
    // From `printf abc | sha256sum`: ba7816bf8f01cfea...
    EXPECT_EQ(digest("abc"), 0xeacf'018f'bf16'78baU);
    EXPECT_NE(digest(""), digest("x"));
}

}  // namespace
}  // namespace belfry::auth
