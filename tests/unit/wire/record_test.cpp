#include "wire/record.hpp"

#include "wire/limits.hpp"
#include "wire/print.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace belfry::wire {
namespace {

using namespace std::string_view_literals;

std::string encoded(std::uint64_t id, std::string_view sender, std::uint64_t time_ms,
                    std::string_view payload) {
    std::array<char, max_frame_overhead> head{};
    const std::size_t bytes = print_message_head(head, id, sender, time_ms, payload.size());
    return std::string{head.data(), bytes}.append(payload).append(record_tail);
}

TEST(Record, IsDecodedToWhatWasEncoded) {
    for (const auto payload : {"hi"sv, ""sv, "\0\r\nMSG 1 a 2 0\r\n\xff"sv}) {
        const std::string record = encoded(4, "bob", 1'700'000'000'123, payload);
        const std::string bytes = record + "MSG 5";
        const auto decoded = decode_record(bytes);
        ASSERT_TRUE(decoded);
        EXPECT_EQ(decoded->id, 4U);
        EXPECT_EQ(decoded->sender, "bob");
        EXPECT_EQ(decoded->time_ms, 1'700'000'000'123U);
        EXPECT_EQ(decoded->payload, payload);
        EXPECT_EQ(decoded->bytes, record.size());
    }
}

TEST(Record, OfAnotherMessageIsNotDecoded) {
    const std::string record = encoded(4, "bob", 17, "hi");
    EXPECT_TRUE(is_record(record, 4, "bob"));
    EXPECT_FALSE(is_record(record, 5, "bob"));
    EXPECT_FALSE(is_record(record, 4, "bo"));
    EXPECT_FALSE(is_record(record, 4, "bobb"));
    EXPECT_FALSE(is_record(record, 4, ""));
}

TEST(Record, ThatIsTornIsNotDecoded) {
    const std::string record = encoded(4, "bob", 17, "hi");
    for (std::size_t bytes = 0; bytes < record.size(); ++bytes) {
        EXPECT_FALSE(is_record(record.substr(0, bytes), 4, "bob")) << bytes;
    }
    EXPECT_FALSE(is_record(record + "\r\n", 4, "bob"));
    EXPECT_FALSE(is_record("MSG 4  17 2\r\nhi\r\n", 4, ""));
    EXPECT_FALSE(is_record("PAST 4 bob 17 2\r\nhi\r\n", 4, "bob"));
    EXPECT_FALSE(is_record("MSG 4 bob x 2\r\nhi\r\n", 4, "bob"));
    EXPECT_FALSE(is_record("MSG 4 bob 17 2\r\nhi\n\n", 4, "bob"));
}

}  // namespace
}  // namespace belfry::wire
