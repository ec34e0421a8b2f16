#include "wire/entry.hpp"

#include <gtest/gtest.h>

#include <string>

namespace belfry::wire {
namespace {

std::string encoded(const Entry& entry) {
    std::string bytes{EntryHead{entry}.bytes()};
    return bytes.append(entry.body);
}

Entry message() {
    return {.kind = EntryKind::message,
            .name = "ann",
            .login = 0x0102'0304'0506'0708,
            .number = 7,
            .time_ms = 1'764'061'200'000,
            .body = "hello"};
}

TEST(Entry, IsDecodedToWhatWasEncoded) {
    const std::string bytes = encoded(message());
    const auto entry = decode_entry(bytes);
    ASSERT_TRUE(entry);
    EXPECT_EQ(entry->kind, EntryKind::message);
    EXPECT_EQ(entry->name, "ann");
    EXPECT_EQ(entry->login, 0x0102'0304'0506'0708u);
    EXPECT_EQ(entry->number, 7u);
    EXPECT_EQ(entry->time_ms, 1'764'061'200'000u);
    EXPECT_EQ(entry->body, "hello");
}

TEST(Entry, HasTheBytesThatItsFormatNames) {
    const std::string bytes = encoded(message());
    EXPECT_EQ(bytes.substr(0, 16),
              std::string("\x28\0\0\0\x01\x03\0\0\x08\x07\x06\x05\x04\x03\x02\x01", 16));
    EXPECT_EQ(bytes.substr(entry_head), "annhello");
}

TEST(Entry, MayHaveNeitherNameNorBody) {
    const std::string bytes = encoded({.kind = EntryKind::trim, .number = 9});
    EXPECT_EQ(bytes.size(), entry_head);
    const auto entry = decode_entry(bytes);
    ASSERT_TRUE(entry);
    EXPECT_EQ(entry->name, "");
    EXPECT_EQ(entry->body, "");
    EXPECT_EQ(entry->number, 9u);
}

TEST(Entry, IsFollowedByTheNextOne) {
    const std::string bytes = encoded(message()) + encoded({.kind = EntryKind::trim, .number = 9});
    const auto first = entry_bytes(bytes);
    ASSERT_TRUE(first);
    EXPECT_EQ(*first, encoded(message()).size());
    EXPECT_EQ(decode_entry(bytes.substr(*first))->kind, EntryKind::trim);
}

TEST(Entry, IsNotDecodedBeforeItIsWhole) {
    const std::string bytes = encoded(message());
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        EXPECT_FALSE(decode_entry(std::string_view{bytes}.substr(0, size))) << size;
        EXPECT_FALSE(entry_bytes(std::string_view{bytes}.substr(0, size))) << size;
    }
}

TEST(Entry, WhoseSizeOrNameLeavesItsBytesIsRefused) {
    const auto with = [](std::size_t at, char byte) {
        std::string bytes = encoded(message());
        bytes[at] = byte;
        return bytes;
    };
    EXPECT_FALSE(decode_entry(with(0, 34)));  // ends in the name
    EXPECT_FALSE(decode_entry(with(3, 1)));   // larger than the bytes
    EXPECT_FALSE(decode_entry(with(5, 64)));  // a name that is too long
    EXPECT_FALSE(decode_entry(with(5, 40)));  // a name beyond the end
    EXPECT_FALSE(decode_entry(with(6, 1)));   // not zero
}

TEST(Entry, OfAnUnknownKindKeepsItsKind) {
    std::string bytes = encoded(message());
    bytes[4] = 77;
    const auto entry = decode_entry(bytes);
    ASSERT_TRUE(entry);
    EXPECT_EQ(static_cast<int>(entry->kind), 77);
}

TEST(EntryHead, TakesTheLongestName) {
    const std::string name(max_entry_name, 'n');
    const std::string bytes = encoded({.kind = EntryKind::node, .name = name});
    EXPECT_EQ(decode_entry(bytes)->name, name);
}

}  // namespace
}  // namespace belfry::wire
