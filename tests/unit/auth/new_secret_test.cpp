#include "auth/new_secret.hpp"

#include "auth/clients_file.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <iostream>
#include <set>
#include <string>

namespace belfry::auth {
namespace {

constexpr const char* base64url =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

TEST(NewSecret, Has160RandomBitsInLettersDigitsDashesAndUnderscores) {
    std::set<std::string> all;
    std::set<char> letters;
    for (int i = 0; i < 200; ++i) {
        Secret secret;
        generate(secret);
        const std::string text = secret.c_str();
        EXPECT_EQ(text.size(), 27U) << "160 bits, 6 in each";
        EXPECT_EQ(text.find_first_not_of(base64url), std::string::npos) << text;
        all.insert(text);
        letters.insert(text.begin(), text.end());
    }
    EXPECT_EQ(all.size(), 200U);
    EXPECT_EQ(letters.size(), 64U);
}

/// Fills the secret from a text.
void fill(Secret& secret, std::string_view text) {
    std::copy(text.begin(), text.end(), secret.room().begin());
}

double verification_ms(const Secret& secret, const std::string& hash) {
    const auto start = std::chrono::steady_clock::now();
    EXPECT_TRUE(verify(secret, hash));
    return std::chrono::duration<double, std::milli>{std::chrono::steady_clock::now() - start}
        .count();
}

TEST(NewSecret, AGeneratedOneHasACheapHashAndAChosenOneAnExpensiveHash) {
    Secret generated;
    generate(generated);
    const std::string cheap = hash_of(generated, Origin::generated);
    EXPECT_TRUE(cheap.starts_with("$7$")) << cheap;
    Secret chosen;
    fill(chosen, "correct horse");
    const std::string expensive = hash_of(chosen, Origin::chosen);
    EXPECT_TRUE(expensive.starts_with("$y$")) << expensive;
    for (const std::string& hash : {cheap, expensive}) EXPECT_TRUE(is_hash(hash)) << hash;
    std::cout << "verified in " << verification_ms(generated, cheap) << " ms and "
              << verification_ms(chosen, expensive) << " ms\n";
    EXPECT_FALSE(verify(chosen, cheap));
    EXPECT_FALSE(verify(generated, expensive));
}

TEST(NewSecret, EachHashHasASaltOfItsOwn) {
    Secret secret;
    fill(secret, "the same");
    for (const Origin origin : {Origin::generated, Origin::chosen}) {
        EXPECT_NE(hash_of(secret, origin), hash_of(secret, origin));
    }
}

}  // namespace
}  // namespace belfry::auth
