#include "wire/command_parser.hpp"

#include "tests/unit/wire/describe.hpp"
#include "wire/limits.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace belfry::wire::testing {
namespace {

using Texts = std::vector<std::string>;

constexpr std::size_t max_payload = 100;

// Parses the bytes in one piece.
Texts parse(std::string_view bytes) {
    CommandFeed feed{max_payload};
    feed.feed(bytes);
    return feed.commands();
}

TEST(CommandParser, AcceptsCrlfAndBareLf) {
    EXPECT_EQ(parse("PING a\r\nPING b\n"), (Texts{"ping [a]", "ping [b]"}));
}

TEST(CommandParser, RemovesOnlyOneCrFromALine) {
    EXPECT_EQ(parse("PING a\r\r\n"), (Texts{"ping [a\r]"}));
}

TEST(CommandParser, VerbsAreCaseInsensitive) {
    EXPECT_EQ(
        parse("ping x\nPiNg y\nsend 1 2\nhi\nsay hey\nwho\nQuit\nack 3\nhistory 1 2\nlogin a\n"),
        (Texts{"ping [x]", "ping [y]", "send 1 [hi]", "say [hey]", "who", "quit", "ack 3",
               "history 1 2", "login a auto"}));
}

TEST(CommandParser, AnEmptyLineOrUnknownVerbIsAnUnknownCommand) {
    for (const char* line : {"\n", "\r\n", "JUMP\n", "JUMP 1 2\r\n", "PINGS\n", "PIN\n", " \n",
                             " JUMP\n", "PING\t1\n", "SENDING 1 2\n", "SEN 1 2\n"}) {
        EXPECT_EQ(parse(line), (Texts{"unknown-command 0"})) << line;
    }
}

TEST(CommandParser, AMalformedLineWithAKnownVerbIsABadLine) {
    for (const char* line :
         {" PING\n",       "  PING x\n",      "PING \n",        "PING  x\n",   "PING x \n",
          "PING x y\n",    "PING x  a=b\n",   "PING x a=b \n",  "WHO \n",      "WHO me\n",
          "QUIT now\n",    "QUIT \r\n",       "ACK\n",          "ACK \n",      "ACK x\n",
          "ACK -1\n",      "ACK +1\n",        "ACK 1x\n",       "ACK 1 2\n",   "ACK  1\n",
          "ACK 1 \n",      "ACK a=b\n",       "HISTORY\n",      "HISTORY 1\n", "HISTORY 1 x\n",
          "HISTORY x 1\n", "HISTORY 1 2 3\n", "HISTORY 1  2\n", "SAY\n",       "SAY\r\n",
          " SAY x\n",      "SEND\n",          "SEND \n",        "SEND 1\n",    "SEND 1 \n",
          "SEND 1 x\n",    "SEND 1 -5\n",     "SEND 1 +5\n",    "SEND 1  5\n", "SEND  1 5\n",
          "SEND 1 5 \n",   "SEND 1 5 x\n",    "SEND 1 0x5\n",   " SEND 1 5\n", "SEND 1 a=b\n",
          "SEND 1 5\r\r\n"}) {
        EXPECT_EQ(parse(line), (Texts{"bad-line 0"})) << line;
    }
}

TEST(CommandParser, ABadSendLineDiscardsNoPayload) {
    EXPECT_EQ(
        parse("SEND 1 x\nPING a\nSEND 1\nPING b\nSEND 1 5 x\nPING c\n"),
        (Texts{"bad-line 0", "ping [a]", "bad-line 0", "ping [b]", "bad-line 0", "ping [c]"}));
}

TEST(CommandParser, ABadLoginLineIsMarkedAsALogin) {
    for (const char* line :
         {"LOGIN\n", "LOGIN \n", "LOGIN a/b\n", "LOGIN a b\n", "LOGIN ack=auto\n",
          "LOGIN 123456789012345678901234567890123\n", "LOGIN a ack=x\n", "LOGIN a ack=\n",
          "LOGIN a ack=MANUAL\n", "LOGIN a presence=maybe\n", "LOGIN a  ack=auto\n", " LOGIN a\n",
          "LOGIN \xc3\xa9\n"}) {
        EXPECT_EQ(parse(line), (Texts{"bad-line 0 login"})) << line;
    }
}

TEST(CommandParser, LoginTakesItsOptionsInAnyOrderAndIgnoresUnknownOnes) {
    EXPECT_EQ(parse("LOGIN a\nLOGIN A-z_0.9 presence=on ack=manual\nLOGIN a ack=auto presence=off\n"
                    "LOGIN a secre=hush =x ack=manual k=\n"
                    "LOGIN 12345678901234567890123456789012\n"),
              (Texts{"login a auto", "login A-z_0.9 manual presence", "login a auto",
                     "login a manual", "login 12345678901234567890123456789012 auto"}));
}

TEST(CommandParser, LoginTakesASecretThatIsPercentEncoded) {
    EXPECT_EQ(parse("LOGIN a secret=hush\nLOGIN a secret=%25%20=+ ack=manual\nLOGIN a secret=x "
                    "secret=y\n"),
              (Texts{"login a auto secret [hush]", "login a manual secret [%25%20=+]",
                     "login a auto secret [y]"}));
}

TEST(CommandParser, AMalformedSecretMakesABadLogin) {
    const std::string longest(256, 's');
    EXPECT_EQ(parse("LOGIN a secret=" + longest + "\n"),
              (Texts{"login a auto secret [" + longest + "]"}));
    for (const std::string& secret : {std::string{}, std::string{"%"}, std::string{"%4"},
                                      std::string{"%zz"}, std::string{"%00"}, longest + "s"}) {
        EXPECT_EQ(parse("LOGIN a secret=" + secret + "\n"), (Texts{"bad-line 0 login"})) << secret;
    }
    EXPECT_EQ(parse("LOGIN a secret=% secret=x\n"), (Texts{"bad-line 0 login"}));
}

TEST(CommandParser, TheLastValueOfARepeatedOptionCounts) {
    EXPECT_EQ(parse("LOGIN a ack=manual ack=auto presence=off presence=on\n"),
              (Texts{"login a auto presence"}));
    EXPECT_EQ(parse("LOGIN a ack=x ack=auto\n"), (Texts{"bad-line 0 login"}));
}

TEST(CommandParser, EveryVerbExceptSayTakesOptions) {
    EXPECT_EQ(
        parse("SEND 1 2 a=b c=d\r\nhi\r\nACK 3 a=b\nHISTORY 1 2 a=b\nWHO a=b\nPING t a=b\n"
              "QUIT a=b\nSAY hi a=b\n"),
        (Texts{"send 1 [hi]", "ack 3", "history 1 2", "who", "ping [t]", "quit", "say [hi a=b]"}));
}

TEST(CommandParser, TheFirstFieldOfPingIsAlwaysItsToken) {
    EXPECT_EQ(parse("PING\nPING a=b\nPING a=b c=d\n"),
              (Texts{"ping []", "ping [a=b]", "ping [a=b]"}));
}

TEST(CommandParser, EverythingAfterTheFirstSpaceOfSayIsItsPayload) {
    EXPECT_EQ(parse("SAY \nSAY  two  spaces \r\nSAY a=b\nSAY x\r\r\n"),
              (Texts{"say []", "say [ two  spaces ]", "say [a=b]", "say [x\r]"}));
}

TEST(CommandParser, SayAboveMaxPayloadIsTooLarge) {
    const std::string full(max_payload, 'x');
    EXPECT_EQ(parse("SAY " + full + "\nSAY " + full + "y\nPING\n"),
              (Texts{"say [" + full + "]", "too-large 0", "ping []"}));
}

TEST(CommandParser, NumbersMayHaveLeadingZerosAndSaturate) {
    EXPECT_EQ(parse("ACK 007\nACK 18446744073709551615\nACK 18446744073709551616\n"
                    "HISTORY 99999999999999999999999999 00000000000000000000000000000001\n"
                    "SEND 0000000000000000000000005 0000000000000000000000000002\nhi\n"),
              (Texts{"ack 7", "ack 18446744073709551615", "ack 18446744073709551615",
                     "history 18446744073709551615 1", "send 5 [hi]"}));
}

TEST(CommandParser, SendTakesTheLargestSeq) {
    EXPECT_EQ(parse("SEND 9223372036854775807 0\r\n\r\n"), (Texts{"send 9223372036854775807 []"}));
}

TEST(CommandParser, APayloadMayHoldAnyBytes) {
    using namespace std::string_literals;
    EXPECT_EQ(parse("SEND 1 9\r\n\r\nQUIT\r\n\0\r\nPING\n"s),
              (Texts{"send 1 [\r\nQUIT\r\n\0]"s, "ping []"}));
}

TEST(CommandParser, APayloadMayEndWithABareLf) {
    EXPECT_EQ(parse("SEND 1 2\nhi\nSEND 2 0\n\nPING\n"),
              (Texts{"send 1 [hi]", "send 2 []", "ping []"}));
}

TEST(CommandParser, APayloadWithoutALineEndIsABadPayloadAndCloses) {
    for (const char* bytes : {"SEND 7 2\r\nhix", "SEND 7 2\r\nhi\rx", "SEND 7 2\r\nhi\r\r\n",
                              "SEND 7 0\r\nQ", "SEND 7 2 a=b\nhi PING\nPING\n"}) {
        EXPECT_EQ(parse(bytes), (Texts{"bad-payload 7 close"})) << bytes;
    }
}

TEST(CommandParser, ACrAfterThePayloadNeedsOneMoreByte) {
    CommandFeed feed{max_payload};
    feed.feed("SEND 1 2\r\nhi\r");
    EXPECT_EQ(feed.commands(), Texts{});
    feed.feed("\n");
    EXPECT_EQ(feed.commands(), (Texts{"send 1 [hi]"}));
}

TEST(CommandParser, ABadSeqIsRefusedAndItsPayloadDiscarded) {
    for (const char* seq :
         {"0", "x", "-1", "9223372036854775808", "99999999999999999999999", "a=b"}) {
        EXPECT_EQ(parse("SEND " + std::string{seq} + " 6\r\nQUIT\r\n\r\nPING\n"),
                  (Texts{"bad-seq 0", "ping []"}))
            << seq;
    }
}

TEST(CommandParser, ABadSeqWithATooLargePayloadIsABadSeq) {
    const std::string payload(max_payload + 1, 'x');
    EXPECT_EQ(parse("SEND 0 101\r\n" + payload + "\r\nPING\n"), (Texts{"bad-seq 0", "ping []"}));
}

TEST(CommandParser, APayloadAboveMaxPayloadIsDiscarded) {
    const std::string payload(max_payload + 1, '\n');
    EXPECT_EQ(parse("SEND 7 101\r\n" + payload + "\r\nPING\n"), (Texts{"too-large 7", "ping []"}));
    EXPECT_EQ(parse("send 7 101 a=b\n" + payload + "\nPING\n"), (Texts{"too-large 7", "ping []"}));
}

TEST(CommandParser, APayloadOfMaxPayloadIsAccepted) {
    const std::string payload(max_payload, 'x');
    EXPECT_EQ(parse("SEND 7 100\r\n" + payload + "\r\n"), (Texts{"send 7 [" + payload + "]"}));
}

TEST(CommandParser, ARefusedPayloadIsReportedAsSoonAsItsLineIsRead) {
    EXPECT_EQ(parse("SEND 7 101\r\n"), (Texts{"too-large 7"}));
    EXPECT_EQ(parse("SEND x 101\r\n"), (Texts{"bad-seq 0"}));
}

TEST(CommandParser, ARefusedPayloadIsConsumedAsItArrives) {
    CommandFeed feed{max_payload};
    feed.feed("SEND 7 16777216\r\n");
    const std::string piece(1 << 20, 'x');
    for (int i = 0; i < 16; ++i) {
        feed.feed(piece);
        EXPECT_EQ(feed.unread_bytes(), 0u);
    }
    feed.feed("\r\nPING\n");
    EXPECT_EQ(feed.commands(), (Texts{"too-large 7", "ping []"}));
}

TEST(CommandParser, ARefusedPayloadWithoutALineEndIsABadPayloadAndCloses) {
    const std::string payload(max_payload + 1, 'x');
    EXPECT_EQ(parse("SEND 7 101\r\n" + payload + "xPING\n"),
              (Texts{"too-large 7", "bad-payload 0 close"}));
    EXPECT_EQ(parse("SEND 7 101\r\n" + payload + "\rPING\n"),
              (Texts{"too-large 7", "bad-payload 0 close"}));
    EXPECT_EQ(parse("SEND 0 2\r\nhi\r\r"), (Texts{"bad-seq 0", "bad-payload 0 close"}));
}

TEST(CommandParser, APayloadAbove16MiBCloses) {
    EXPECT_EQ(parse("SEND 7 16777217\r\nPING\n"), (Texts{"too-large 7 close"}));
    EXPECT_EQ(parse("SEND 0 16777217\r\nPING\n"), (Texts{"too-large 0 close"}));
    EXPECT_EQ(parse("SEND x 16777217\r\nPING\n"), (Texts{"too-large 0 close"}));
    EXPECT_EQ(parse("SEND 7 99999999999999999999999\r\nPING\n"), (Texts{"too-large 7 close"}));
}

TEST(CommandParser, TheLongestLineHas1024BytesWithItsLineEnd) {
    const std::string text(max_line - 6, 'x');
    EXPECT_EQ(parse("PING " + text + "\nPING\n"), (Texts{"ping [" + text + "]", "ping []"}));
    EXPECT_EQ(parse("PING x" + text + "\nPING\n"), (Texts{"line-too-long 0 close"}));
    EXPECT_EQ(parse("PING " + text + "\r\nPING\n"), (Texts{"line-too-long 0 close"}));
}

TEST(CommandParser, ALineIsTooLongOnceItHas1024BytesWithoutLf) {
    EXPECT_EQ(parse(std::string(max_line - 1, 'x')), Texts{});
    EXPECT_EQ(parse(std::string(max_line, 'x')), (Texts{"line-too-long 0 close"}));
}

TEST(CommandParser, TheLineLimitAppliesToSendToo) {
    const std::string zeros(max_line, '0');
    EXPECT_EQ(parse("SEND 1 " + zeros + "2\r\nhi\r\n"), (Texts{"line-too-long 0 close"}));
    EXPECT_EQ(parse("SEND " + zeros + "1 2\r\nhi\r\n"), (Texts{"line-too-long 0 close"}));
}

TEST(CommandParser, NothingIsParsedAfterAnErrorThatCloses) {
    CommandFeed feed{max_payload};
    feed.feed("SEND 1 0\r\nxPING\n");
    feed.feed("PING\n");
    EXPECT_EQ(feed.commands(), (Texts{"bad-payload 1 close"}));
    EXPECT_EQ(feed.unread_bytes(), 0u);
}

TEST(CommandParser, ThePayloadPointsIntoTheInput) {
    const std::string_view input = "SEND 1 2\r\nhi\r\n";
    CommandParser parser{max_payload};
    const auto step = parser.next(input);
    ASSERT_TRUE(step.command);
    EXPECT_EQ(std::get<Send>(*step.command).payload.data(), input.data() + 10);
    EXPECT_EQ(step.consumed, input.size());
}

TEST(CommandParser, ABufferForTheLongestLineAndPayloadIsEnough) {
    std::string line = "SEND 1 100 ";
    line += std::string(max_line - line.size() - 4, 'k') + "=v\r\n";
    ASSERT_EQ(line.size(), max_line);
    CommandParser parser{max_payload};
    EXPECT_TRUE(parser.next(line + std::string(max_payload, 'x') + "\r\n").command);
}

// Scripts that bring the parser into each of its states.
const Texts& scripts() {
    static const Texts all = {
        "LOGIN a ack=manual\r\nSEND 1 5\r\nhello\r\nSEND 2 0\r\n\r\nSAY hi there\r\nACK "
        "2\r\nQUIT\r\n",
        "login a\nsend 1 5\nhello\nsend 2 0\n\nsay hi there\nack 2\nquit\n",
        "SEND 1 12\r\nSEND 2 3\r\nab\r\nSEND 2 3\r\nabc\r\nPING\r\n",
        "SEND 0 7\r\nQUIT\r\n!\r\nSEND x 3\r\nabc\nPING x\r\n",
        "SEND 1 101\r\n" + std::string(101, '\r') + "\r\nSEND 2 120\n" + std::string(120, '\n') +
            "\nWHO\r\n",
        "SEND 1\r\nSEND 1 x\r\nSEND 1 2 x\r\nJUMP\r\n\r\n PING\r\nPING \r\nLOGIN ?\r\nHISTORY 1 "
        "9\r\n",
        "SEND 1 2 a=b\r\nhi\r\nPING a=b c=d\r\nPING \r\r\n",
        "SEND 1 2\r\nhi\rPING\r\nPING\r\n",
        "SEND 1 2\r\nhiPING\r\nPING\r\n",
        "SEND 1 101\r\n" + std::string(101, 'x') + "\rPING\r\nPING\r\n",
        "SEND 0 2\r\nhiPING\r\nPING\r\n",
        "SEND 1 16777217\r\nPING\r\nPING\r\n",
        "PING\r\n" + std::string(1030, 'y') + "\r\nPING\r\n",
    };
    return all;
}

TEST(CommandParser, EverySplitPointGivesTheSameCommands) {
    for (const auto& script : scripts()) {
        const Texts whole = parse(script);
        for (std::size_t at = 0; at <= script.size(); ++at) {
            CommandFeed feed{max_payload};
            feed.feed(script.substr(0, at));
            feed.feed(script.substr(at));
            ASSERT_EQ(feed.commands(), whole) << script << "\nsplit at " << at;
        }
    }
}

TEST(CommandParser, ByteByByteGivesTheSameCommands) {
    for (const auto& script : scripts()) {
        CommandFeed feed{max_payload};
        for (const char c : script) feed.feed({&c, 1});
        EXPECT_EQ(feed.commands(), parse(script)) << script;
    }
}

// Returns random bytes from the alphabet of the protocol, which reach the inner states of the
// parser.
std::string random_bytes(std::mt19937_64& random) {
    static const Texts words = {"SEND ",
                                "SAY ",
                                "LOGIN ",
                                "PING",
                                "ACK ",
                                "HISTORY ",
                                "WHO",
                                "QUIT",
                                " ",
                                "\r\n",
                                "\n",
                                "\r",
                                "0",
                                "1",
                                "7",
                                "100",
                                "101",
                                "16777217",
                                "x",
                                "=",
                                "ack=manual",
                                "SEND 1 3\r\nabc\r\n",
                                "SEND 2 101\r\n",
                                "999999999999999999999",
                                std::string(1, '\0'),
                                "\xff"};
    std::string bytes;
    for (auto n = random() % 60; n > 0; --n) bytes += words[random() % words.size()];
    return bytes;
}

TEST(CommandParser, RandomBytesInRandomPiecesGiveTheSameCommands) {
    std::mt19937_64 random{20240229};
    for (int round = 0; round < 4000; ++round) {
        const std::string bytes = random_bytes(random);
        CommandFeed feed{max_payload};
        for (std::size_t at = 0; at < bytes.size();) {
            const std::size_t n = 1 + random() % 20;
            feed.feed(std::string_view{bytes}.substr(at, n));
            at += n;
        }
        ASSERT_EQ(feed.commands(), parse(bytes)) << "round " << round;
    }
}

}  // namespace
}  // namespace belfry::wire::testing
