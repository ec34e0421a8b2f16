#include "terminal/transcript.hpp"

#include "base/clock.hpp"
#include "terminal/backlog.hpp"
#include "terminal/colour.hpp"
#include "tests/support/variable.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <ctime>
#include <set>

namespace belfry::terminal {
namespace {

using namespace std::string_literals;

constexpr std::time_t friday = 1700845380;  // 24 November 2023, 17:03 UTC
constexpr std::time_t day = 86400;

class ClientTranscript : public ::testing::Test {
  protected:
    std::string fresh(std::string_view sender, std::string_view text, std::time_t time = friday) {
        return transcript.message({.sender = sender, .time = time, .text = text},
                                  Transcript::Look::fresh);
    }

    test::Variable zone{"TZ", "UTC"};
    Transcript transcript{"ann", Painter{}};
};

TEST_F(ClientTranscript, TimesAreLocal) {
    EXPECT_EQ(clock_time(friday), "17:03");
    EXPECT_EQ(date(friday), "Friday 24 November 2023");
    zone.set("UTC-9");
    EXPECT_EQ(clock_time(friday), "02:03");
    EXPECT_EQ(date(friday), "Saturday 25 November 2023");
}

TEST_F(ClientTranscript, ATimeIsWrittenInTheShortestUnambiguousForm) {
    EXPECT_EQ(when(friday, friday + 3600), "17:03");
    EXPECT_EQ(when(friday, friday + 3 * day), "Friday 17:03");
    EXPECT_EQ(when(friday, friday + 7 * day), "Friday 24 November 2023 17:03");
    EXPECT_EQ(when(friday, friday - 2 * day), "Friday 24 November 2023 17:03");
}

TEST_F(ClientTranscript, AnyTimeCanBeShown) {
    EXPECT_EQ(base::to_time_t(1700845380123), friday);
    EXPECT_EQ(base::to_time_t(UINT64_MAX), 0);
    EXPECT_EQ(date(base::to_time_t(0)), "Thursday 1 January 1970");
}

TEST_F(ClientTranscript, ADateLineSeparatesDays) {
    EXPECT_EQ(fresh("bob", "one"), "-- Friday 24 November 2023 --\n17:03 bob: one\n");
    EXPECT_EQ(fresh("bob", "two"), "17:03 bob: two\n");
    EXPECT_EQ(fresh("bob", "three", friday + day),
              "-- Saturday 25 November 2023 --\n17:03 bob: three\n");
    const std::time_t now = std::time(nullptr);
    Transcript today{"ann", Painter{}};
    EXPECT_EQ(today.message({.sender = "bob", .time = now, .text = "x"}, Transcript::Look::fresh),
              clock_time(now) + " bob: x\n");
}

TEST_F(ClientTranscript, AMessageCanNeitherEscapeNorLookLikeAnother) {
    static_cast<void>(fresh("bob", ""));
    EXPECT_EQ(fresh("bob", "a\n17:03 carl: b\x1b[2J\r\x9b\xff"),
              "17:03 bob: a\n      | 17:03 carl: b?[2J???\n");
    EXPECT_EQ(fresh("bob", "a\u202eb\u200bc"), "17:03 bob: a?b?c\n");
    EXPECT_EQ(pending_row("a\u202eb"), "... a?b");
    EXPECT_EQ(transcript.note("a\nb\tc\x1b"), "-- a b c? --\n");
    EXPECT_EQ(pending_row("a\nb\tc\x1b"), "... a b c?");
}

TEST_F(ClientTranscript, AnActionIsShownWithAStar) {
    static_cast<void>(fresh("bob", ""));
    EXPECT_EQ(fresh("bob", "/me waves"), "17:03 * bob waves\n");
    EXPECT_EQ(fresh("bob", "/me"), "17:03 bob: /me\n");
}

TEST_F(ClientTranscript, AMentionIsHighlightedInOldMessagesToo) {
    constexpr int no_colours = 0;
    Transcript painted{"ann", Painter{no_colours}};
    const Said said{.sender = "bob", .time = std::time(nullptr), .text = "hi ann, hi"};
    EXPECT_TRUE(painted.mentions_me(said));
    EXPECT_TRUE(painted.message(said, Transcript::Look::fresh)
                    .ends_with(" \x1b[1mbob\x1b[m: hi \x1b[7mann\x1b[m, hi\n"));
    EXPECT_TRUE(painted.message(said, Transcript::Look::old)
                    .ends_with(" bob: \x1b[m\x1b[2mhi \x1b[m\x1b[7mann\x1b[m\x1b[2m, hi\x1b[m\n"));
}

TEST_F(ClientTranscript, ABacklogIsCountedAndSeparatedFromNewMessages) {
    Backlog backlog{transcript};
    backlog.begin(10, 14);
    EXPECT_EQ(backlog.add(11, {.sender = "bob", .time = friday, .text = "one"}), "");
    EXPECT_EQ(backlog.add(14, {.sender = "bob", .time = friday + 60, .text = "two"}), "");
    EXPECT_TRUE(backlog.holds());
    EXPECT_EQ(backlog.end(),
              "-- 2 messages since Friday 24 November 2023 17:03 --\n"
              "-- Friday 24 November 2023 --\n17:03 bob: one\n17:04 bob: two\n"
              "-- new messages --\n");
    EXPECT_FALSE(backlog.holds());
}

TEST_F(ClientTranscript, AnEmptyBacklogIsNotMentioned) {
    Backlog backlog{transcript};
    backlog.begin(10, 10);
    EXPECT_EQ(backlog.end(), "");
}

TEST_F(ClientTranscript, ALargeBacklogIsPrintedBeforeItIsComplete) {
    Backlog backlog{transcript};
    backlog.begin(0, 40'000);
    EXPECT_EQ(backlog.progress(), "catching up: 0 of 40000 messages");
    std::string printed;
    for (std::uint64_t id = 1; id <= 1500; ++id) {
        printed += backlog.add(id, {.sender = "bob", .time = friday, .text = "x"});
    }
    EXPECT_TRUE(printed.starts_with("-- up to 40000 messages since ")) << printed.substr(0, 80);
    EXPECT_FALSE(backlog.holds());
    EXPECT_EQ(backlog.progress(), "catching up: 1500 of 40000 messages");
    EXPECT_EQ(backlog.end(), "-- new messages --\n");
    EXPECT_FALSE(backlog.progress());
}

TEST_F(ClientTranscript, EachSenderHasItsOwnColourWhileThereAreEnough) {
    Painter painter{8};
    std::set<std::string> colours;
    for (const std::string id : {"ann", "bob", "carl", "dora", "eve", "fred"}) {
        colours.insert(painter.sender(id).substr(0, std::strlen("\x1b[32m")));
    }
    EXPECT_EQ(colours, (std::set<std::string>{"\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[34m",
                                              "\x1b[35m", "\x1b[36m"}));
    EXPECT_EQ(painter.sender("ann"), painter.sender("ann"));
    EXPECT_EQ(painter.sender("gus").substr(std::strlen("\x1b[32m")), "gus\x1b[m");
}

TEST_F(ClientTranscript, TheVariableNoColorCountsUnlessItIsEmpty) {
    const test::Variable no_colour{"NO_COLOR", "1"};
    EXPECT_FALSE(wants_colour(ColourMode::automatic, true));
    EXPECT_TRUE(wants_colour(ColourMode::always, false));
    no_colour.set("");
    EXPECT_TRUE(wants_colour(ColourMode::automatic, true));
    no_colour.set(std::nullopt);
    EXPECT_TRUE(wants_colour(ColourMode::automatic, true));
    EXPECT_FALSE(wants_colour(ColourMode::automatic, false));
    EXPECT_FALSE(wants_colour(ColourMode::never, true));
}

}  // namespace
}  // namespace belfry::terminal
