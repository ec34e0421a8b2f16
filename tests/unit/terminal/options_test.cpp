#include "terminal/options.hpp"

#include "cli/command_line.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/support/variable.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>

namespace belfry::terminal {
namespace {

using namespace std::chrono_literals;
using test::Variable;
using Arguments = std::vector<std::string>;

// Returns the error message for these arguments; empty if there is none.
std::string complaint(const Arguments& arguments) {
    try {
        static_cast<void>(read_options(arguments));
        return "";
    } catch (const cli::UsageError& error) {
        return error.what();
    }
}

std::string host_of(const Options& options) {
    return options.destination.servers.at(0).host;
}

std::string port_of(const Options& options) {
    return options.destination.servers.at(0).port;
}

// A configuration file that is removed at the end of the test.
struct Config {
    explicit Config(std::string_view contents)
        : path{dir.write("belfry.conf", contents).string()} {}
    test::TempDir dir;
    std::string path;
};

TEST(ClientOptions, HaveDefaults) {
    const auto options = read_options({"-client_id", "1"});
    EXPECT_EQ(options.action, Options::Action::run);
    EXPECT_EQ(options.client_id, "1");
    EXPECT_EQ(host_of(options), "127.0.0.1");
    EXPECT_EQ(port_of(options), "5000");
    EXPECT_FALSE(options.json || options.follow || options.peek);
    EXPECT_FALSE(options.count || options.timeout);
}

TEST(ClientOptions, AcceptOneDashOrTwoAndHyphensOrUnderscores) {
    for (const Arguments& arguments :
         {Arguments{"-client_id", "a", "-server_ip", "b", "-port", "7", "-json"},
          Arguments{"--client-id", "a", "--server-ip", "b", "--port", "7", "--json"},
          Arguments{"-client-id=a", "--server_ip=b", "-port=07", "--json"},
          Arguments{"--json", "--port=7", "-server-ip", "b", "--client_id=a"}}) {
        const auto options = read_options(arguments);
        EXPECT_EQ(options.client_id, "a");
        EXPECT_EQ(host_of(options), "b");
        EXPECT_EQ(port_of(options), "7");
        EXPECT_TRUE(options.json);
    }
}

TEST(ClientOptions, ReadCountAndTimeout) {
    const auto options = read_options({"-client_id=1", "--count", "18446744073709551615",
                                       "--timeout", "2.5", "--follow", "--peek"});
    EXPECT_EQ(options.count, 18446744073709551615u);
    EXPECT_EQ(options.timeout, 2500ms);
    EXPECT_TRUE(options.follow && options.peek);
    EXPECT_EQ(read_options({"-client_id=1", "--timeout", "0.001"}).timeout, 1ms);
    EXPECT_GT(*read_options({"-client_id=1", "--timeout", "1e300"}).timeout, 1h);
}

TEST(ClientOptions, AValueMayStartWithADash) {
    EXPECT_EQ(read_options({"-client_id", "-a_b"}).client_id, "-a_b");
    EXPECT_EQ(read_options({"-client_id", "--a_b"}).client_id, "--a_b");
    EXPECT_EQ(read_options({"-client_id=--json"}).client_id, "--json");
    const auto options = read_options({"-client_id", "1", "-server_ip", "-x=y_z"});
    EXPECT_EQ(host_of(options), "-x=y_z");
}

TEST(ClientOptions, AnOptionForTlsTurnsItOnUnlessTheSwitchIsOff) {
    EXPECT_FALSE(read_options({"-client_id=1"}).destination.tls);
    EXPECT_TRUE(read_options({"-client_id=1", "-tls"}).destination.tls);
    EXPECT_FALSE(read_options({"-client_id=1", "--tls-ca=a", "--tls=false"}).destination.tls);
    const auto tls =
        read_options({"-client_id=1", "--tls-ca=a", "--tls-name=b", "--tls-cert=c", "--tls-key=d"})
            .destination.tls;
    EXPECT_EQ(tls, (Tls{.ca = "a", .name = "b", .certificate = "c", .key = "d"}));
}

TEST(ClientOptions, ACertificateNeedsItsKey) {
    EXPECT_EQ(complaint({"-client_id=1", "--tls-cert=c"}),
              "--tls-cert and --tls-key need each other");
    EXPECT_EQ(complaint({"-client_id=1", "--tls-key=c"}),
              "--tls-cert and --tls-key need each other");
}

TEST(ClientOptions, AKnownOptionIsNotTakenAsAValue) {
    EXPECT_EQ(complaint({"-client_id", "--json"}), "option --client-id needs a value");
}

TEST(ClientOptions, EveryMistakeHasAClearMessage) {
    const std::string what = " is not a client-id: 1 to 32 of A-Z a-z 0-9 _ . -";
    EXPECT_EQ(complaint({}), "option --client-id is missing");
    EXPECT_EQ(complaint({"-client_id"}), "option --client-id needs a value");
    EXPECT_EQ(complaint({"-client_id="}), "option --client-id needs a value");
    EXPECT_EQ(complaint({"-client_id", ""}), "option --client-id needs a value");
    EXPECT_EQ(complaint({"-client_id", "a/b"}), "'a/b'" + what);
    EXPECT_EQ(complaint({"-client_id", std::string(33, 'x')}),
              "'" + std::string(33, 'x') + "'" + what);
    EXPECT_EQ(complaint({"-client_id=1", "-client-id=2"}), "option --client-id is given twice");
    EXPECT_EQ(complaint({"-client_id=1", "--json", "--json"}), "option --json is given twice");
    EXPECT_EQ(complaint({"-client_id=1", "--json=maybe"}), "option --json must be true or false");
    EXPECT_EQ(complaint({"-client_id=1", "--bogus"}), "unknown option --bogus");
    EXPECT_EQ(complaint({"-client_id=1", "-h"}), "unknown option --h");
    EXPECT_EQ(complaint({"-client=1"}), "unknown option --client") << "nothing is guessed";
    EXPECT_EQ(complaint({"-client_id=1", "word"}), "unexpected argument 'word'");
    EXPECT_EQ(complaint({"-client_id=1", "--", "word"}), "unexpected argument 'word'");
    EXPECT_EQ(complaint({"-client_id=1", "-"}), "unexpected argument '-'");
    EXPECT_EQ(complaint({"-client_id=1", ""}), "unexpected argument ''");
}

TEST(ClientOptions, APortIsANumberFrom1To65535) {
    for (const char* port :
         {"0", "65536", "-1", "+1", "x", "80x", " 80", "0x50", "99999999999999999999"}) {
        EXPECT_EQ(complaint({"-client_id=1", "-port", port}),
                  "--port must be a number from 1 to 65535, not '" + std::string{port} + "'");
    }
    EXPECT_EQ(complaint({"-client_id=1", "-port", "65535"}), "");
}

TEST(ClientOptions, CountAndTimeoutMustBeAboveZero) {
    for (const char* text : {"0", "-1", "x", "1x", "nan", "-inf", "99999999999999999999"}) {
        EXPECT_NE(complaint({"-client_id=1", "--count", text}), "") << text;
    }
    for (const char* text : {"0", "0.0", "-1", "x", "1x", "1s", "nan", "inf", "-inf", "1e999"}) {
        EXPECT_NE(complaint({"-client_id=1", "--timeout", text}), "") << text;
    }
}

TEST(ClientOptions, AreReadFromAFile) {
    const Config config{
        "# comment\nclient_id = a\nserver-ip=::1\nport = 7 # more\n\njson = true\n"
        "peek=no\ncount=3\n"};
    const auto options = read_options({"--config", config.path});
    EXPECT_EQ(options.client_id, "a");
    EXPECT_EQ(host_of(options), "::1");
    EXPECT_EQ(port_of(options), "7");
    EXPECT_TRUE(options.json);
    EXPECT_FALSE(options.peek);
    EXPECT_EQ(options.count, 3u);
}

TEST(ClientOptions, AreReadFromTheEnvironment) {
    const Variable id{"BELFRY_CLIENT_ID", "a"};
    const Variable ip{"BELFRY_SERVER_IP", "::1"};
    const Variable port{"BELFRY_PORT", "7"};
    const Variable follow{"BELFRY_FOLLOW", "true"};
    const Variable count{"BELFRY_COUNT", "3"};
    const Variable timeout{"BELFRY_TIMEOUT", "2"};
    const Variable peek{"BELFRY_PEEK", "true"};
    const Variable json{"BELFRY_JSON", "true"};
    const Variable colour{"BELFRY_COLOR", "never"};
    const auto options = read_options({});
    EXPECT_EQ(options.client_id, "a");
    EXPECT_EQ(host_of(options), "::1");
    EXPECT_EQ(port_of(options), "7");
    EXPECT_TRUE(options.follow && options.peek && options.json);
    EXPECT_EQ(options.count, 3u);
    EXPECT_EQ(options.timeout, 2s);
    EXPECT_EQ(options.colour, ColourMode::never);
}

TEST(ClientOptions, AnEmptyVariableCountsAsUnset) {
    const Variable port{"BELFRY_PORT", ""};
    EXPECT_EQ(port_of(read_options({"-client_id=1"})), "5000");
}

TEST(ClientOptions, AMistakeInTheEnvironmentIsReportedWithTheVariable) {
    const Variable json{"BELFRY_JSON", "maybe"};
    EXPECT_EQ(complaint({"-client_id=1"}),
              "environment variable BELFRY_JSON: option --json must be true or false");
    json.set("false");
    for (const char* name : {"client_id", "timeout", "color", "port", "count"}) {
        std::string variable = std::string{"BELFRY_"} + name;
        std::transform(variable.begin(), variable.end(), variable.begin(),
                       [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
        const Variable bad{variable, "?"};
        const Variable id{"BELFRY_CLIENT_ID", std::string{name} == "client_id" ? "?" : "1"};
        EXPECT_TRUE(complaint({}).starts_with("environment variable " + variable + ": "))
            << complaint({});
    }
}

TEST(ClientOptions, AFlagFromAFileOrTheEnvironmentCanBeTurnedOff) {
    const test::TempDir home;
    const Variable config_home{"XDG_CONFIG_HOME", home.path().string()};
    static_cast<void>(home.write("belfry.conf", "client_id = 1\npeek = true\n"));
    const Variable follow{"BELFRY_FOLLOW", "true"};
    const Variable json{"BELFRY_JSON", "true"};
    const auto options = read_options({"--follow=false", "--json=true", "--peek=false"});
    EXPECT_FALSE(options.follow || options.peek);
    EXPECT_TRUE(options.json);
}

TEST(ClientOptions, ADefaultFileThatCannotBeReadIsIgnored) {
    const test::TempDir home;
    const Variable config_home{"XDG_CONFIG_HOME", home.path().string()};
    EXPECT_EQ(port_of(read_options({"-client_id=1"})), "5000");
    std::filesystem::create_directory(home.path() / "belfry.conf");
    EXPECT_EQ(port_of(read_options({"-client_id=1"})), "5000");
    const Variable config{"BELFRY_CONFIG", "/nowhere/x"};
    EXPECT_EQ(complaint({"-client_id=1"}), "cannot read the configuration file /nowhere/x");
}

TEST(ClientOptions, TheOrderIsCommandLineThenItsFileThenEnvironmentThenDefaultFile) {
    const test::TempDir home;
    const Variable config_home{"XDG_CONFIG_HOME", home.path().string()};
    static_cast<void>(home.write("belfry.conf", "client_id = file\nport = 1\nserver_ip = file\n"));
    EXPECT_EQ(read_options({}).client_id, "file");
    const Variable port{"BELFRY_PORT", "2"};
    const Variable id{"BELFRY_CLIENT_ID", "env"};
    const auto options = read_options({"-client_id", "line"});
    EXPECT_EQ(options.client_id, "line");
    EXPECT_EQ(port_of(options), "2");
    EXPECT_EQ(host_of(options), "file");
    const Config named{"port = 3\nclient_id = named\n"};
    const auto with_file = read_options({"-client_id", "line", "--config", named.path});
    EXPECT_EQ(with_file.client_id, "line");
    EXPECT_EQ(port_of(with_file), "3");
    EXPECT_EQ(host_of(with_file), "127.0.0.1") << "the default file is not read then";
}

TEST(ClientOptions, ANamedFileReplacesTheUsersOwn) {
    const test::TempDir home;
    const Variable config_home{"XDG_CONFIG_HOME", home.path().string()};
    static_cast<void>(home.write("belfry.conf", "nonsense"));
    EXPECT_TRUE(complaint({"-client_id=1"}).starts_with(home.path().string() + "/belfry.conf:1: "));
    const Config other{"port = 7\n"};
    EXPECT_EQ(port_of(read_options({"-client_id=1", "--config", other.path})), "7");
    const Variable config{"BELFRY_CONFIG", other.path};
    EXPECT_EQ(port_of(read_options({"-client_id=1"})), "7");
    const Config third{"port = 8\n"};
    EXPECT_EQ(port_of(read_options({"-client_id=1", "--config", third.path})), "8");
}

TEST(ClientOptions, ColourIsAutoAlwaysOrNever) {
    EXPECT_EQ(read_options({"-client_id=1"}).colour, ColourMode::automatic);
    EXPECT_EQ(read_options({"-client_id=1", "--color", "always"}).colour, ColourMode::always);
    EXPECT_EQ(complaint({"-client_id=1", "--color", "yes"}),
              "--color must be auto, always or never, not 'yes'");
}

TEST(ClientOptions, TheCommandLineOverridesTheFile) {
    const Config config{"client_id = a\nport = 7\njson = false\n"};
    const auto options = read_options({"--config", config.path, "-port", "8", "--json"});
    EXPECT_EQ(options.client_id, "a");
    EXPECT_EQ(port_of(options), "8");
    EXPECT_TRUE(options.json);
}

TEST(ClientOptions, AMistakeInAFileIsReportedWithTheFileAndLine) {
    const auto told = [](std::string_view contents) {
        const Config config{contents};
        const std::string text = complaint({"-client_id=1", "--config", config.path});
        EXPECT_TRUE(text.starts_with(config.path + ":")) << text;
        return text.substr(std::min(text.size(), config.path.size() + 1));
    };
    EXPECT_EQ(told("bogus = 1\n"), "1: unknown option --bogus");
    EXPECT_EQ(told("config = x\n"), "1: unknown option --config");
    EXPECT_EQ(told("[section]\nport = 1\n"), "1: '[section]' is not of the form name = value");
    EXPECT_EQ(told("port\n"), "1: 'port' is not of the form name = value");
    EXPECT_EQ(told("port = 1\nport = 2\n"), "2: option --port is given twice");
    EXPECT_EQ(told("json = maybe\n"), "1: option --json must be true or false");
    for (const std::string name : {"timeout", "color", "port", "count"}) {
        EXPECT_TRUE(told("\n" + name + " = ?\n").starts_with("2: --" + name + " must be "));
    }
}

TEST(ClientOptions, AnUnreadableFileIsReported) {
    EXPECT_EQ(complaint({"--config", "/nowhere/x"}),
              "cannot read the configuration file /nowhere/x");
    const test::TempDir dir;
    EXPECT_EQ(complaint({"--config", dir.path().string()}),
              "cannot read the configuration file " + dir.path().string());
}

TEST(ClientOptions, HelpAndVersionNeedNothingElse) {
    EXPECT_EQ(read_options({"--help"}).action, Options::Action::help);
    EXPECT_EQ(read_options({"-version"}).action, Options::Action::version);
    const test::TempDir home;
    const Variable config_home{"XDG_CONFIG_HOME", home.path().string()};
    static_cast<void>(home.write("belfry.conf", "nonsense"));
    const Variable json{"BELFRY_JSON", "maybe"};
    EXPECT_EQ(read_options({"--help"}).action, Options::Action::help);
    EXPECT_EQ(read_options({"--version", "--config", "/nowhere/x"}).action,
              Options::Action::version);
}

TEST(ClientOptions, HelpNamesEveryOptionAndExitStatus) {
    const std::string text = help();
    for (const char* name : {"--client-id", "--server-ip", "--port", "--follow", "--count",
                             "--timeout", "--peek", "--json", "--config", "--version", "--help"}) {
        EXPECT_NE(text.find(name), std::string::npos) << name;
    }
    for (const char* line :
         {"\n  0  ", "\n  1  ", "\n  2  ", "\n  3  ", "\n  4  ", "\n  5  ", "\n  6  ", "\n  7  "}) {
        EXPECT_NE(text.find(line), std::string::npos) << line;
    }
}

}  // namespace
}  // namespace belfry::terminal
