#include "cli/command_line.hpp"

#include "tests/support/temp_dir.hpp"

#include <boost/program_options/value_semantic.hpp>
#include <gtest/gtest.h>

#include <initializer_list>
#include <limits>

namespace belfry::test {
namespace {

namespace po = boost::program_options;
using Words = std::vector<const char*>;

cli::CommandLine parse(const Words& words) {
    po::options_description options;
    options.add_options()("client-ids", po::value<std::string>())(
        "port", po::value<std::string>()->default_value("5000"))(
        "config", po::value<std::string>())("check", po::bool_switch())(
        "origin", po::value<std::vector<std::string>>()->composing());
    return cli::parse({words.begin(), words.end()}, options);
}

std::string text(const cli::CommandLine& line, const char* name) {
    return cli::text_of(line.options, name).value_or("(none)");
}

/// Returns the error message; empty if there is none.
std::string complaint(const Words& words) {
    try {
        (void)parse(words);
    } catch (const cli::UsageError& error) {
        return error.what();
    }
    return "";
}

TEST(CommandLine, AcceptsOneDashOrTwoAndHyphensOrUnderscores) {
    for (const char* option : {"-client_ids", "--client_ids", "-client-ids", "--client-ids"}) {
        EXPECT_EQ(text(parse({option, "1,2"}), "client-ids"), "1,2") << option;
    }
}

TEST(CommandLine, AcceptsAValueAfterAnEqualsSign) {
    EXPECT_EQ(text(parse({"-client_ids=a_b"}), "client-ids"), "a_b");
    EXPECT_EQ(text(parse({"--client-ids=a=b"}), "client-ids"), "a=b");
}

TEST(CommandLine, AcceptsAnOptionNameAsAValueOnlyAfterAnEqualsSign) {
    EXPECT_EQ(text(parse({"--client-ids=--check"}), "client-ids"), "--check");
    EXPECT_EQ(complaint({"-port", "-check"}), "option --port needs a value");
}

TEST(CommandLine, DoesNotChangeValues) {
    EXPECT_EQ(text(parse({"--client-ids", "a_b"}), "client-ids"), "a_b");
    EXPECT_EQ(text(parse({"--port", "-1"}), "port"), "-1");
    EXPECT_EQ(text(parse({"--client-ids", "-a_b"}), "client-ids"), "-a_b");
}

TEST(CommandLine, HandlesFlagsAndDefaults) {
    EXPECT_FALSE(cli::is_set(parse({}).options, "check"));
    EXPECT_TRUE(cli::is_set(parse({"-check"}).options, "check"));
    EXPECT_EQ(text(parse({}), "port"), "5000");
    EXPECT_EQ(text(parse({}), "client-ids"), "(none)");
}

TEST(CommandLine, KeepsPositionalArgumentsInOrder) {
    EXPECT_EQ(parse({"one", "--port", "1", "two"}).words, (std::vector<std::string>{"one", "two"}));
    EXPECT_EQ(parse({"--", "--port"}).words, std::vector<std::string>{"--port"});
}

TEST(CommandLine, RefusesUnknownOptions) {
    EXPECT_EQ(complaint({"--colour"}), "unknown option --colour");
    EXPECT_EQ(complaint({"-colour=red"}), "unknown option --colour");
    EXPECT_EQ(complaint({"-p", "1"}), "unknown option --p");
    EXPECT_EQ(complaint({"--por", "1"}), "unknown option --por") << "no beginnings of names";
}

TEST(CommandLine, RefusesMissingValues) {
    EXPECT_EQ(complaint({"--port"}), "option --port needs a value");
    EXPECT_EQ(complaint({"--port="}), "option --port needs a value");
    EXPECT_EQ(complaint({"--port", ""}), "option --port needs a value");
}

TEST(CommandLine, AFlagMayBeSetToTrueOrFalseAfterAnEqualsSign) {
    EXPECT_TRUE(cli::is_set(parse({"--check=true"}).options, "check"));
    EXPECT_FALSE(cli::is_set(parse({"-check=false"}).options, "check"));
    EXPECT_EQ(parse({"--check", "false"}).words, std::vector<std::string>{"false"});
    EXPECT_EQ(complaint({"--check=maybe"}), "option --check must be true or false");
    EXPECT_EQ(complaint({"--check="}), "option --check needs a value");
    EXPECT_EQ(complaint({"--check", "--check=false"}), "option --check is given twice");
}

TEST(CommandLine, RefusesAnOptionThatIsGivenTwice) {
    EXPECT_EQ(complaint({"--port", "1", "-port", "2"}), "option --port is given twice");
    EXPECT_EQ(complaint({"--client_ids", "1", "--client-ids", "2"}),
              "option --client-ids is given twice");
}

TEST(CommandLine, MayRepeatSomeOptions) {
    using Texts = std::vector<std::string>;
    EXPECT_EQ(cli::texts_of(parse({}).options, "origin"), Texts{});
    EXPECT_EQ(cli::texts_of(parse({"--origin", "a"}).options, "origin"), Texts{"a"});
    EXPECT_EQ(
        cli::texts_of(parse({"--origin", "b", "-origin=a", "--origin", "b"}).options, "origin"),
        (Texts{"b", "a", "b"}));
    EXPECT_EQ(complaint({"--origin", "a", "--origin"}), "option --origin needs a value");
}

class ConfigFile : public ::testing::Test {
  protected:
    [[nodiscard]] cli::CommandLine parse_with(std::string_view contents, Words more = {}) {
        const auto file = directory_.write("config", contents);
        more.insert(more.begin(), {"--config", file.c_str()});
        return parse(more);
    }
    [[nodiscard]] std::string complaint_about(std::string_view contents) {
        try {
            (void)parse_with(contents);
        } catch (const cli::UsageError& error) {
            return error.what();
        }
        return "";
    }
    [[nodiscard]] std::string path() const { return (directory_.path() / "config").string(); }

    TempDir directory_;
};

TEST_F(ConfigFile, AcceptsHyphensOrUnderscores) {
    EXPECT_EQ(text(parse_with("client_ids = a_b\n"), "client-ids"), "a_b");
    EXPECT_EQ(text(parse_with("client-ids=a_b"), "client-ids"), "a_b");
}

TEST_F(ConfigFile, MayHaveCommentsAndEmptyLines) {
    EXPECT_EQ(text(parse_with("# the_port\n\nport = 7  # here\n"), "port"), "7");
}

TEST_F(ConfigFile, OverridesDefaults) {
    EXPECT_EQ(text(parse_with("port = 7\n"), "port"), "7");
}

TEST_F(ConfigFile, IsOverriddenByTheCommandLine) {
    EXPECT_EQ(text(parse_with("port = 7\nclient_ids = x\n", {"-port", "8"}), "port"), "8");
    EXPECT_EQ(text(parse_with("port = 7\nclient_ids = x\n", {"-port", "8"}), "client-ids"), "x");
}

TEST_F(ConfigFile, AMissingFileIsNamedInTheError) {
    EXPECT_EQ(complaint({"--config", "/nowhere/config"}),
              "cannot read the configuration file /nowhere/config");
}

TEST_F(ConfigFile, ADirectoryIsNamedInTheError) {
    const std::string directory = directory_.path().string();
    EXPECT_EQ(complaint({"--config", directory.c_str()}),
              "cannot read the configuration file " + directory);
}

TEST_F(ConfigFile, AnErrorNamesTheFileTheLineAndTheOption) {
    EXPECT_EQ(complaint_about("colour = red\n"), path() + ":1: unknown option --colour");
    EXPECT_EQ(complaint_about("port = 1\nport = 2\n"), path() + ":2: option --port is given twice");
}

TEST_F(ConfigFile, ARefusedValueIsReportedWithItsFileAndLine) {
    const cli::CommandLine line =
        parse_with("# a comment\nport = x\nclient_ids = y\n", {"-client_ids", "z"});
    const auto placed = [&line](const std::string& option) {
        return std::string{cli::with_origin(cli::UsageError{"no good", option}, line).what()};
    };
    EXPECT_EQ(placed("port"), path() + ":2: no good");
    EXPECT_EQ(placed("client-ids"), "no good") << "the command line's holds";
    EXPECT_EQ(placed(""), "no good");
}

TEST_F(ConfigFile, RepeatsAnOptionInSeveralLines) {
    using Texts = std::vector<std::string>;
    const cli::CommandLine line = parse_with("origin = a\nport = 1\norigin = b\n");
    EXPECT_EQ(cli::texts_of(line.options, "origin"), (Texts{"a", "b"}));
    const cli::UsageError error{"no good", "origin", 1};
    EXPECT_EQ(std::string{cli::with_origin(error, line).what()}, path() + ":3: no good");
    const cli::CommandLine overridden = parse_with("origin = a\norigin = b\n", {"--origin", "c"});
    EXPECT_EQ(cli::texts_of(overridden.options, "origin"), Texts{"c"});
    EXPECT_EQ(std::string{cli::with_origin({"no good", "origin"}, overridden).what()}, "no good");
}

TEST_F(ConfigFile, SetsFlags) {
    EXPECT_TRUE(cli::is_set(parse_with("check = true\n").options, "check"));
    EXPECT_FALSE(cli::is_set(parse_with("check = false\n").options, "check"));
    EXPECT_FALSE(cli::is_set(parse_with("check = true\n", {"--check=false"}).options, "check"));
    EXPECT_EQ(complaint_about("check = 7\n"), path() + ":1: option --check must be true or false");
}

TEST_F(ConfigFile, ANulByteIsRefused) {
    EXPECT_EQ(complaint_about({"port = 1\nclient_ids = 1\0002\n", 25}),
              path() + ":2: contains a NUL byte");
}

TEST_F(ConfigFile, EveryNameNeedsAValue) {
    EXPECT_EQ(complaint_about("port =\n"), path() + ":1: option --port needs a value");
    EXPECT_EQ(complaint_about("\nclient_ids = # none\n"),
              path() + ":2: option --client-ids needs a value");
    EXPECT_EQ(complaint_about("check =\n"), path() + ":1: option --check needs a value");
}

TEST_F(ConfigFile, CannotNameAnotherConfigFile) {
    EXPECT_EQ(complaint_about("config = other\n"), path() + ":1: unknown option --config");
}

TEST_F(ConfigFile, AnInvalidLineIsQuotedInTheError) {
    for (const std::string line : {"hello", "= 3", "=", " = ", "[section]", " [section] # x"}) {
        EXPECT_EQ(complaint_about("# the port\nport = 1\n\n" + line + "\n"),
                  path() + ":4: '" + line + "' is not of the form name = value");
    }
}

bool is_number(std::string_view text, std::uint64_t min, std::uint64_t max) {
    try {
        (void)cli::whole_number("n", text, min, max);
    } catch (const cli::UsageError&) {
        return false;
    }
    return true;
}

bool is_size(std::string_view text, std::uint64_t min, std::uint64_t max) {
    try {
        (void)cli::byte_count("n", text, min, max);
    } catch (const cli::UsageError&) {
        return false;
    }
    return true;
}

constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();

TEST(WholeNumber, MustBeWithinItsLimits) {
    EXPECT_EQ(cli::whole_number("n", "7", 7, 7), 7U);
    EXPECT_TRUE(is_number("18446744073709551615", 0, most));
    EXPECT_FALSE(is_number("6", 7, 8));
    EXPECT_FALSE(is_number("9", 7, 8));
    EXPECT_FALSE(is_number("18446744073709551616", 0, most));
}

TEST(WholeNumber, ConsistsOfDigitsOnly) {
    for (const char* text : {"", " 1", "1 ", "+1", "-1", "1.0", "0x1", "1e3", "one"}) {
        EXPECT_FALSE(is_number(text, 0, most)) << text;
    }
}

TEST(WholeNumber, AnErrorNamesTheOptionAndTheLimits) {
    try {
        (void)cli::whole_number("port", "x", 0, 65535);
        FAIL();
    } catch (const cli::UsageError& error) {
        EXPECT_STREQ(error.what(), "--port must be a number from 0 to 65535, not 'x'");
    }
}

TEST(ByteCount, UnitsArePowersOf1024) {
    EXPECT_EQ(cli::byte_count("n", "5", 0, most), 5U);
    EXPECT_EQ(cli::byte_count("n", "5K", 0, most), 5U << 10);
    EXPECT_EQ(cli::byte_count("n", "5k", 0, most), 5U << 10);
    EXPECT_EQ(cli::byte_count("n", "5M", 0, most), 5U << 20);
    EXPECT_EQ(cli::byte_count("n", "5m", 0, most), 5U << 20);
    EXPECT_EQ(cli::byte_count("n", "5G", 0, most), 5ULL << 30);
    EXPECT_EQ(cli::byte_count("n", "5g", 0, most), 5ULL << 30);
}

TEST(ByteCount, MustBeWithinItsLimits) {
    EXPECT_TRUE(is_size("64K", 64 << 10, 64 << 10));
    EXPECT_FALSE(is_size("65535", 64 << 10, 1 << 20));
    EXPECT_FALSE(is_size("1048577", 64 << 10, 1 << 20));
    EXPECT_FALSE(is_size("17179869184G", 0, most)) << "2^64";
}

TEST(ByteCount, ConsistsOfDigitsAndAtMostOneUnit) {
    for (const char* text : {"", "K", "1KB", "1 K", "-1K", "1T", "1.5M", "K1"}) {
        EXPECT_FALSE(is_size(text, 0, most)) << text;
    }
}

TEST(ByteCount, AnErrorNamesTheOptionAndTheLimits) {
    try {
        (void)cli::byte_count("ring-size", "1K", 64 << 10, 1 << 30);
        FAIL();
    } catch (const cli::UsageError& error) {
        EXPECT_STREQ(error.what(),
                     "--ring-size must be a size from 64K to 1G (bytes, or with K, M or G), not "
                     "'1K'");
    }
}

}  // namespace
}  // namespace belfry::test
