#include "wire/frame_parser.hpp"

#include "tests/unit/wire/describe.hpp"
#include "wire/limits.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace belfry::wire::testing {
namespace {

using Texts = std::vector<std::string>;

Texts parse(std::string_view bytes) {
    FrameFeed feed;
    feed.feed(bytes);
    return feed.frames();
}

constexpr const char* welcome =
    "WELCOME a epoch=0aF cursor=1 last=2 seq=3 max-payload=65536 server=belfry/0.1.0\r\n";

TEST(FrameParser, ReadsEveryFrame) {
    EXPECT_EQ(parse(welcome), (Texts{"welcome a 0aF 1 2 3 65536 belfry/0.1.0"}));
    EXPECT_EQ(parse("MSG 4 b 1700000000123 2\r\nhi\r\nPAST 1 a 2 0\r\n\r\nEND 1 1\r\nEND\r\n"),
              (Texts{"msg 4 b 1700000000123 [hi]", "past 1 a 2 []", "end 1 1", "end 0 0"}));
    EXPECT_EQ(parse("SENT 1 5\r\nDUP 2\r\nLIVE 5\r\nGAP 6 9\r\n"),
              (Texts{"sent 1 5", "dup 2", "live 5", "gap 6 9"}));
    EXPECT_EQ(
        parse("USER a online cursor=7\r\nUSER b offline cursor=0\r\nONLINE a\r\nOFFLINE b\r\n"),
        (Texts{"user a online 7", "user b offline 0", "online a", "offline b"}));
    EXPECT_EQ(parse("PONG\r\nPONG x\r\nBYE quit\r\n"), (Texts{"pong []", "pong [x]", "bye quit"}));
    EXPECT_EQ(parse("ERR too-large 7 the text goes on\r\nERR bad-line - x\r\nERR new 1\r\n"),
              (Texts{"err too-large 7 [the text goes on]", "err bad-line 0 [x]", "err new 1 []"}));
}

TEST(FrameParser, IgnoresUnknownOptions) {
    EXPECT_EQ(
        parse(
            "MSG 4 b 1 2 k=v\r\nhi\r\nSENT 1 5 k=v\r\nDUP 2 k=v\r\nLIVE 5 k=v\r\nGAP 6 9 k=v\r\n"),
        (Texts{"msg 4 b 1 [hi]", "sent 1 5", "dup 2", "live 5", "gap 6 9"}));
    EXPECT_EQ(parse("END k=v\r\nEND 1 2 k=v\r\nUSER a online k=v cursor=7\r\nONLINE a k=v\r\n"
                    "PONG x k=v\r\nBYE quit k=v\r\n"),
              (Texts{"end 0 0", "end 1 2", "user a online 7", "online a", "pong [x]", "bye quit"}));
    EXPECT_EQ(parse("WELCOME a k=v seq=3 last=2 max-payload=9 cursor=1 epoch=f\r\n"),
              (Texts{"welcome a f 1 2 3 9 "}));
}

TEST(FrameParser, AnUnknownVerbIsAnUnknownFrame) {
    EXPECT_EQ(parse("NEWS today is\r\nmsg 1\r\n\r\nMSGS 1\r\nDUP 1\r\n"),
              (Texts{"unknown [NEWS today is]", "unknown [msg 1]", "unknown []", "unknown [MSGS 1]",
                     "dup 1"}));
}

TEST(FrameParser, AKnownVerbWithUnreadableFieldsIsGarbled) {
    for (const char* line : {"MSG\n",
                             "MSG 1 a 2\n",
                             "MSG x a 2 0\n",
                             "MSG 1 a/b 2 0\n",
                             "MSG 1 a x 0\n",
                             "MSG 1 a 2 x\n",
                             "MSG 1 a 2 0 x\n",
                             "MSG 1  a 2 0\n",
                             "PAST 1 a 2 -1\n",
                             "SENT 1\n",
                             "SENT x 1\n",
                             "SENT 1 2 3\n",
                             "DUP\n",
                             "DUP x\n",
                             "DUP 1 \n",
                             "LIVE\n",
                             "LIVE -\n",
                             "GAP 1\n",
                             "GAP 1 x\n",
                             "END 1\n",
                             "END x y\n",
                             "USER a\n",
                             "USER a online\n",
                             "USER a away cursor=1\n",
                             "USER a online cursor=x\n",
                             "USER ? online cursor=1\n",
                             "ONLINE\n",
                             "OFFLINE ?\n",
                             "PONG \n",
                             "PONG a b\n",
                             "ERR\n",
                             "ERR x\n",
                             "ERR x y z\n",
                             "ERR  - z\n",
                             "BYE\n",
                             "BYE \n",
                             "BYE a b\n",
                             "WELCOME a\n",
                             "WELCOME a epoch=f cursor=1 last=2 seq=3\n",
                             "WELCOME a epoch=xyz cursor=1 last=2 seq=3 max-payload=9\n",
                             "WELCOME a cursor=1 last=2 seq=3 max-payload=9\n",
                             "WELCOME ? epoch=f cursor=1 last=2 seq=3 max-payload=9\n",
                             "WELCOME a epoch=f cursor=x last=2 seq=3 max-payload=9\n"}) {
        EXPECT_EQ(parse(line), (Texts{"garbled"})) << line;
    }
}

TEST(FrameParser, APayloadWithoutALineEndIsGarbled) {
    EXPECT_EQ(parse("MSG 1 a 2 2\r\nhix"), (Texts{"garbled"}));
    EXPECT_EQ(parse("MSG 1 a 2 2\r\nhi\rx"), (Texts{"garbled"}));
}

TEST(FrameParser, APayloadAbove16MiBIsGarbled) {
    EXPECT_EQ(parse("MSG 1 a 2 16777216\r\n"), Texts{});
    EXPECT_EQ(parse("MSG 1 a 2 16777217\r\n"), (Texts{"garbled"}));
    EXPECT_EQ(parse("MSG 1 a 2 99999999999999999999999\r\n"), (Texts{"garbled"}));
}

TEST(FrameParser, ALineAbove64KiBIsGarbled) {
    const std::string text(max_frame_line - 6, 'x');
    EXPECT_EQ(parse("PONG " + text + "\n"), (Texts{"pong [" + text + "]"}));
    EXPECT_EQ(parse("PONG x" + text + "\n"), (Texts{"garbled"}));
    EXPECT_EQ(parse(std::string(max_frame_line - 1, 'x')), Texts{});
    EXPECT_EQ(parse(std::string(max_frame_line, 'x')), (Texts{"garbled"}));
}

const Texts& scripts() {
    static const Texts all = {
        std::string{welcome} + "MSG 4 b 17 5\r\n\r\nhi!\r\nSENT 1 5\r\nLIVE 5\r\nBYE quit\r\n",
        "MSG 4 b 17 0\r\n\r\nMSG 5 b 17 0\n\nGAP 1 2\nDUP 7\r\nUSER a online cursor=3\r\nEND\r\n",
        "ERR x - some text\r\nNEWS\r\nONLINE a\r\nPONG \r\r\n",
        "PING\r\nMSG 1 a 2 2\r\nhi\rLIVE 1\r\n",
        "MSG 1 a 2 2\r\nhiLIVE 1\r\n",
        "DUP 1\r\nDUP x\r\nDUP 2\r\n",
    };
    return all;
}

TEST(FrameParser, EverySplitPointGivesTheSameFrames) {
    for (const auto& script : scripts()) {
        for (std::size_t at = 0; at <= script.size(); ++at) {
            FrameFeed feed;
            feed.feed(script.substr(0, at));
            feed.feed(script.substr(at));
            ASSERT_EQ(feed.frames(), parse(script)) << script << "\nsplit at " << at;
        }
    }
}

TEST(FrameParser, ByteByByteGivesTheSameFrames) {
    for (const auto& script : scripts()) {
        FrameFeed feed;
        for (const char c : script) feed.feed({&c, 1});
        EXPECT_EQ(feed.frames(), parse(script)) << script;
    }
}

TEST(FrameParser, RandomBytesInRandomPiecesGiveTheSameFrames) {
    static const Texts words = {"MSG ",
                                "PAST ",
                                "SENT ",
                                "DUP ",
                                "LIVE ",
                                "GAP ",
                                "END",
                                "USER ",
                                "ONLINE ",
                                "ERR ",
                                "BYE ",
                                "PONG ",
                                "\r\n",
                                "\n",
                                "\r",
                                " ",
                                "1",
                                "2",
                                "x",
                                "=",
                                "a",
                                "- ",
                                "cursor=1",
                                "online ",
                                "\xff",
                                welcome,
                                "SENT 1 2\r\n",
                                "MSG 1 a 2 3\r\nabc\r\n",
                                "LIVE 1\r\n",
                                "99999999999999999999",
                                std::string(1, '\0')};
    std::mt19937_64 random{20240301};
    for (int round = 0; round < 4000; ++round) {
        std::string bytes;
        for (auto n = random() % 60; n > 0; --n) bytes += words[random() % words.size()];
        FrameFeed feed;
        for (std::size_t at = 0; at < bytes.size();) {
            const std::size_t n = 1 + random() % 20;
            feed.feed(std::string_view{bytes}.substr(at, n));
            at += n;
        }
        ASSERT_EQ(feed.frames(), parse(bytes)) << "round " << round;
    }
}

}  // namespace
}  // namespace belfry::wire::testing
