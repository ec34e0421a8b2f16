#include "wire/print.hpp"

#include "tests/unit/wire/describe.hpp"
#include "wire/limits.hpp"

#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <string>

namespace belfry::wire::testing {
namespace {

constexpr auto largest = std::numeric_limits<std::uint64_t>::max();
constexpr std::string_view max_id = "abcdefghijklmnopqrstuvwxyz_.-ABC";
constexpr std::string_view any_payload{"\r\n\0 SENT 1 2\r\n", 15};

template <typename Value>
std::string printed(const Value& value) {
    std::string out;
    print(out, value);
    return out;
}

template <typename Value>
void expect_frame_survives(const Value& value) {
    const std::string bytes = printed(value);
    const auto step = next_frame(bytes);
    ASSERT_TRUE(step.frame) << bytes;
    EXPECT_EQ(step.consumed, bytes.size());
    EXPECT_EQ(describe(*step.frame), describe(Frame{value}));
}

template <typename Value>
void expect_command_survives(const Value& value) {
    const std::string bytes = printed(value);
    CommandParser parser{1000};
    const auto step = parser.next(bytes);
    ASSERT_TRUE(step.command) << bytes;
    EXPECT_EQ(step.consumed, bytes.size());
    EXPECT_EQ(describe(*step.command), describe(Command{value}));
}

TEST(Print, EveryFrameSurvivesPrintingAndParsing) {
    expect_frame_survives(Welcome{"a", "0f", 1, 2, 3, 4, "belfry/0.1.0"});
    expect_frame_survives(Welcome{"a", "0f", 1, 2, 3, 4, "belfry/0.1.0", 5});
    expect_frame_survives(Welcome{max_id, "ffffffffffffffffffffffffffffffff", largest, largest,
                                  largest, largest, "x"});
    expect_frame_survives(Message{false, 1, "a", 2, ""});
    expect_frame_survives(Message{true, largest, max_id, largest, any_payload});
    expect_frame_survives(Sent{1, 2});
    expect_frame_survives(Sent{largest, largest});
    expect_frame_survives(Dup{7});
    expect_frame_survives(Live{0});
    expect_frame_survives(Gap{1, largest});
    expect_frame_survives(End{0, 0});
    expect_frame_survives(End{1, 9});
    expect_frame_survives(User{"a", true, 3});
    expect_frame_survives(User{"a", false, 0});
    expect_frame_survives(Presence{"a", true});
    expect_frame_survives(Presence{"a", false});
    expect_frame_survives(Pong{""});
    expect_frame_survives(Pong{"tok=en"});
    expect_frame_survives(Error{"new-code", 0, "some text"});
    expect_frame_survives(Error{"new-code", max_seq, ""});
    expect_frame_survives(Bye{"taken-over"});
}

TEST(Print, EveryCommandSurvivesPrintingAndParsing) {
    expect_command_survives(Login{"a", false, false});
    expect_command_survives(Login{max_id, true, true});
    expect_command_survives(Send{1, ""});
    expect_command_survives(Send{max_seq, any_payload});
    expect_command_survives(Say{""});
    expect_command_survives(Say{" two  words "});
    expect_command_survives(Ack{largest});
    expect_command_survives(History{1, largest});
    expect_command_survives(Who{});
    expect_command_survives(Ping{""});
    expect_command_survives(Ping{"token"});
    expect_command_survives(Quit{});
}

TEST(Print, LinesEndWithCrlf) {
    EXPECT_EQ(printed(Sent{1, 2}), "SENT 1 2\r\n");
    EXPECT_EQ(printed(Message{false, 1, "a", 2, "hi"}), "MSG 1 a 2 2\r\nhi\r\n");
    EXPECT_EQ(printed(Error{"x", 0, "t"}), "ERR x - t\r\n");
}

TEST(Print, AppendsToTheOutput) {
    std::string out = "DUP 1\r\n";
    print(out, Dup{2});
    EXPECT_EQ(out, "DUP 1\r\nDUP 2\r\n");
}

TEST(Print, TheEndOfUsersHasNoIds) {
    std::string out;
    print_end_of_users(out);
    EXPECT_EQ(out, "END\r\n");
}

TEST(Print, AnErrorHasTheTextOfItsCode) {
    std::string out;
    print_error(out, ErrorCode::too_large, 7);
    print_error(out, ErrorCode::bad_line);
    EXPECT_EQ(out,
              "ERR too-large 7 the payload is larger than max-payload\r\n"
              "ERR bad-line - missing or malformed fields\r\n");
}

TEST(Print, AMessageHeadIsTheStartOfTheWholeMessage) {
    std::array<char, max_frame_overhead> room{};
    const auto n = print_message_head(room, 5, "bob", 17, 2);
    EXPECT_EQ(std::string(room.data(), n) + "hi\r\n", printed(Message{false, 5, "bob", 17, "hi"}));
}

TEST(Print, TheLongestMessageHeadAndLineEndFitTheMaximumOverhead) {
    std::array<char, max_frame_overhead> room{};
    const auto n =
        print_message_head(room, largest, max_id, largest, std::numeric_limits<std::size_t>::max());
    EXPECT_LE(n + 2, max_frame_overhead);
    EXPECT_TRUE(std::string(room.data(), n).ends_with("18446744073709551615\r\n"));
}

TEST(Print, TheLongestSentLineFitsItsBuffer) {
    std::array<char, max_sent_line> room{};
    const auto n = print_sent(room, largest, largest);
    EXPECT_EQ(n, max_sent_line);
    EXPECT_EQ(std::string(room.data(), n), printed(Sent{largest, largest}));
}

TEST(Print, ConsecutiveNumbersArePrintedWithTheirOwnDigits) {
    std::array<char, max_frame_overhead> head{};
    std::array<char, max_sent_line> sent{};
    for (const std::uint64_t first : {std::uint64_t{0}, std::uint64_t{95}, std::uint64_t{999'985},
                                      std::uint64_t{9'999'999'999'999'985U}}) {
        for (std::uint64_t id = first; id < first + 30; ++id) {
            const std::string digits = std::to_string(id);
            EXPECT_EQ(std::string(head.data(), print_message_head(head, id, "bob", 17, 2)),
                      "MSG " + digits + " bob 17 2\r\n");
            EXPECT_EQ(std::string(sent.data(), print_sent(sent, id, id + 1)),
                      "SENT " + digits + " " + std::to_string(id + 1) + "\r\n");
        }
    }
}

TEST(Print, AMessageHeadHoldsNothingOfThePreviousOne) {
    std::array<char, max_frame_overhead> head{};
    const auto print = [&](std::uint64_t id, std::string_view sender, std::uint64_t time_ms,
                           std::size_t bytes) {
        return std::string(head.data(), print_message_head(head, id, sender, time_ms, bytes));
    };
    EXPECT_EQ(print(7, "bob", 17, 2), "MSG 7 bob 17 2\r\n");
    EXPECT_EQ(print(8, "bob", 17, 3), "MSG 8 bob 17 3\r\n");
    EXPECT_EQ(print(9, "bob", 18, 3), "MSG 9 bob 18 3\r\n");
    EXPECT_EQ(print(10, "bo", 18, 3), "MSG 10 bo 18 3\r\n");
    EXPECT_EQ(print(11, "bob 18", 18, 3), "MSG 11 bob 18 18 3\r\n");
    EXPECT_EQ(print(5, "ann", 0, 0), "MSG 5 ann 0 0\r\n");
    EXPECT_EQ(print(largest, "ann", 0, 0), "MSG 18446744073709551615 ann 0 0\r\n");
    EXPECT_EQ(print(0, "ann", 0, 0), "MSG 0 ann 0 0\r\n");
}

}  // namespace
}  // namespace belfry::wire::testing
