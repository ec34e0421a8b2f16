#include "server/input_buffer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <string>

namespace belfry::test {
namespace {

/// Fills the buffer as a read from a socket does.
void fill(server::InputBuffer& buffer, const std::string& bytes) {
    const auto room = buffer.room();
    ASSERT_LE(bytes.size(), room.size());
    std::memcpy(room.data(), bytes.data(), bytes.size());
    buffer.filled(bytes.size());
}

TEST(InputBuffer, IsEmptyAtFirst) {
    server::InputBuffer buffer{100};
    EXPECT_EQ(buffer.unread(), "");
    EXPECT_EQ(buffer.room().size(), 100U);
}

TEST(InputBuffer, HoldsInputUntilItIsConsumed) {
    server::InputBuffer buffer{100};
    fill(buffer, "hello ");
    fill(buffer, "world");
    EXPECT_EQ(buffer.unread(), "hello world");
    buffer.consume(6);
    EXPECT_EQ(buffer.unread(), "world");
    buffer.consume(5);
    EXPECT_EQ(buffer.unread(), "");
}

TEST(InputBuffer, HasAllItsRoomAgainWhenEverythingIsConsumed) {
    server::InputBuffer buffer{100};
    fill(buffer, std::string(100, 'x'));
    EXPECT_TRUE(buffer.room().empty());
    buffer.consume(100);
    EXPECT_EQ(buffer.room().size(), 100U);
}

TEST(InputBuffer, MovesUnreadInputToTheFrontWhenLittleRoomIsLeft) {
    server::InputBuffer buffer{100};
    fill(buffer, std::string(80, 'x') + "rest");
    buffer.consume(80);
    EXPECT_EQ(buffer.room().size(), 96U);
    EXPECT_EQ(buffer.unread(), "rest");
}

TEST(InputBuffer, KeepsUnreadInputWhenItGrows) {
    server::InputBuffer buffer{10};
    fill(buffer, "0123456789");
    buffer.consume(4);
    buffer.reserve(100);
    EXPECT_EQ(buffer.unread(), "456789");
    EXPECT_EQ(buffer.room().size(), 94U);
    buffer.reserve(50);
    EXPECT_EQ(buffer.room().size(), 94U);
}

TEST(InputBuffer, LosesNothingHoweverTheInputIsSplit) {
    server::InputBuffer buffer{64};
    std::mt19937 random{3};
    std::string in;
    std::string out;
    for (int i = 0; i < 5000; ++i) {
        const std::string piece(random() % (buffer.room().size() + 1),
                                static_cast<char>('a' + i % 26));
        ASSERT_NO_FATAL_FAILURE(fill(buffer, piece));
        in += piece;
        const std::size_t count = random() % (buffer.unread().size() + 1);
        out += buffer.unread().substr(0, count);
        buffer.consume(count);
    }
    out += buffer.unread();
    EXPECT_EQ(in, out);
}

TEST(InputBuffer, CanOverwriteEverythingThatWasConsumedOrLeftBehind) {
    server::InputBuffer buffer{16};
    const auto memory = buffer.room();
    fill(buffer, "consumed ");
    buffer.consume(9);
    fill(buffer, "moved");  // to the front, because nothing was unread
    fill(buffer, "unread");
    buffer.consume(5);
    static_cast<void>(buffer.room());  // moves it
    buffer.wipe();
    EXPECT_EQ(buffer.unread(), "unread");
    EXPECT_EQ(std::string(memory.data() + 6, memory.size() - 6), std::string(10, '\0'));
}

TEST(InputBuffer, CanOverwriteAPartThatWasConsumed) {
    server::InputBuffer buffer{16};
    const auto memory = buffer.room();
    fill(buffer, "key=secret rest");
    const std::string_view secret = buffer.unread().substr(4, 6);
    buffer.consume(11);
    buffer.wipe(secret);
    EXPECT_EQ(std::string(memory.data(), 15), "key=" + std::string(6, '\0') + " rest");
}

}  // namespace
}  // namespace belfry::test
