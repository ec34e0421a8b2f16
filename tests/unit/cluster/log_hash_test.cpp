#include "cluster/log_hash.hpp"

#include "tests/unit/store/scratch_store.hpp"

#include <gtest/gtest.h>

#include <array>
#include <openssl/evp.h>
#include <string>

namespace belfry::test {
namespace {

class LogHash : public ::testing::Test {
  protected:
    void store(const std::vector<KeptMessage>& messages) {
        store::StoreWriter writer{store_.dir()};
        writer.claim();
        writer.begin();
        for (const KeptMessage& message : messages) add(writer, message);
        writer.commit();
    }
    [[nodiscard]] std::optional<std::string> hash(std::uint64_t first, std::uint64_t last) {
        store::StoreReader reader{store_.dir()};
        return cluster::hash_messages(reader, first, last);
    }

    ScratchStore store_;
};

/// Returns the SHA-256 of texts and numbers, by another library.
std::string sha256(const std::string& bytes) {
    std::array<unsigned char, 32> digest{};
    ::EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, ::EVP_sha256(), nullptr);
    std::string text;
    for (const unsigned char byte : digest) {
        text += "0123456789abcdef"[byte / 16];
        text += "0123456789abcdef"[byte % 16];
    }
    return text;
}

void put(std::string& bytes, std::uint64_t number) {
    for (int byte = 0; byte < 8; ++byte) bytes += static_cast<char>(number >> (8 * byte));
}

TEST_F(LogHash, IsTheSha256OfAllThatAMessageHas) {
    store({{1, "ann", 7, 1000, "text"}, {2, "bob", 8, 2000, std::string("\0\xff", 2)}});
    std::string bytes;
    put(bytes, 1);
    put(bytes, 3);
    bytes += "ann";
    put(bytes, 7);
    put(bytes, 1000);
    put(bytes, 4);
    bytes += "text";
    EXPECT_EQ(hash(1, 1), sha256(bytes));
    put(bytes, 2);
    put(bytes, 3);
    bytes += "bob";
    put(bytes, 8);
    put(bytes, 2000);
    put(bytes, 2);
    bytes += std::string("\0\xff", 2);
    EXPECT_EQ(hash(1, 2), sha256(bytes));
}

TEST_F(LogHash, DiffersIfAnyPartOfAMessageDiffers) {
    const KeptMessage message{1, "ann", 7, 1000, "text"};
    store({message});
    const auto right = hash(1, 1);
    ASSERT_TRUE(right);
    std::vector<KeptMessage> others(4, message);
    others[0].sender = "bob";
    others[1].seq = 8;
    others[2].time_ms = 1001;
    others[3].body = "texu";
    for (const KeptMessage& other : others) {
        ScratchStore again;
        {
            store::StoreWriter writer{again.dir()};
            writer.begin();
            add(writer, other);
            writer.commit();
        }
        store::StoreReader reader{again.dir()};
        EXPECT_NE(cluster::hash_messages(reader, 1, 1), right);
    }
}

TEST_F(LogHash, OfMoreThanOnePageIsThatOfAllMessages) {
    store(numbered_messages(1, 2500));
    EXPECT_NE(hash(1, 2500), hash(1, 2499));
    EXPECT_NE(hash(1, 2500), hash(2, 2500));
    EXPECT_EQ(hash(1, 2500), hash(1, 2500));
}

TEST_F(LogHash, DoesNotExistIfAMessageIsMissing) {
    store(numbered_messages(3, 10));
    EXPECT_TRUE(hash(3, 10));
    EXPECT_FALSE(hash(2, 10));
    EXPECT_FALSE(hash(3, 11));
    EXPECT_EQ(hash(3, 2), sha256(""));
}

}  // namespace
}  // namespace belfry::test
