#include "tests/support/server.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/file.h>
#include <sys/socket.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

/// Valid and invalid options of all programs, and the reasons why belfryd does not start.
namespace belfry::test {
namespace {

using Arguments = std::vector<std::string>;

/// True if the text contains traces of C++, which a message to people must not contain.
bool looks_like_an_exception(const std::string& text) {
    static const std::vector<std::string> traces{
        "what()",     "std::",       "boost",
        "terminate",  "exception",   "bad_alloc",
        "lexical_",   "stoul",       "stoi",
        "from_chars", "bad lexical", "filesystem error",
        "basic_",     "assert",      "the argument for option"};
    return std::ranges::any_of(
        traces, [&](const std::string& trace) { return text.find(trace) != text.npos; });
}

bool has_control_bytes(const std::string& line) {
    return std::ranges::any_of(line, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

/// Expects the exit status, one readable line on standard error that contains `names`, and nothing
/// on standard output.
void expect_one_line(const Result& result, int status, const std::string& names = "") {
    EXPECT_EQ(result.status, status) << result.err;
    EXPECT_EQ(result.out, "");
    EXPECT_EQ(std::ranges::count(result.err, '\n'), 1) << result.err;
    EXPECT_TRUE(result.err.ends_with('\n')) << result.err;
    EXPECT_FALSE(looks_like_an_exception(result.err)) << result.err;
    EXPECT_FALSE(has_control_bytes(lines_of(result.err).at(0))) << result.err;
    EXPECT_NE(result.err.find(names), std::string::npos) << result.err;
}

void expect_usage_error(const std::string& name, const Arguments& arguments) {
    SCOPED_TRACE(name + " " + testing::PrintToString(arguments));
    expect_one_line(run({program(name), arguments}), 2);
}

Result belfryd(const TempDir& folder, Arguments arguments) {
    arguments.insert(arguments.begin(),
                     {"--data-dir", (folder.path() / "data").string(), "--port", "0"});
    return run({program("belfryd"), std::move(arguments)});
}

TEST(CommandLine, EveryInvalidOptionOfBelfrydIsReportedInOneLineWithExitCode2) {
    const TempDir folder;
    const std::string data = (folder.path() / "data").string();
    const Arguments good{"--client-ids", "1,2", "--port", "0", "--data-dir", data};
    const std::vector<Arguments> wrong{
        {"--colour", "blue"},
        {"--colour"},
        {"-x"},
        {"stray"},
        {"--"},
        {"--cluster", "etcd:2379"},
        {"--cluster", "http://etcd:2379", "--node", "a/b"},
        {"--cluster", "http://etcd:2379", "--durability", "async"},
        {"--cluster", "http://etcd:2379", "--max-payload", "2M"},
        {"--cluster", "http://etcd:2379", "--cluster-user-file", "/missing"},
        {"--node-address", "a:1"},
        {"--cluster-cert", "a"},
        {"--cluster-key", "a"},
        {"--cluster-ca", "a"},
        {"--cluster-name", "a"},
        {"--max-clients", "0"},
        {"--max-clients", "-1"},
        {"--max-clients", "many"},
        {"--max-clients", "99999999999999999999"},
        {"--max-clients"},
        {"--ring-size", "0"},
        {"--ring-size", "1"},
        {"--ring-size", "big"},
        {"--ring-size", "64X"},
        {"--ring-size", "-64M"},
        {"--ring-size", "99999999999999999999G"},
        {"--ring-size", "18446744073709551615G"},
        {"--max-waiting", "0"},
        {"--max-waiting", "many"},
        {"--max-waiting", "1000001"},
        {"--max-payload", "0"},
        {"--max-payload", "x"},
        {"--max-payload", "64M"},
        {"--ring-size", "256K", "--max-payload", "64K"},
        {"--durability", "sometimes"},
        {"--durability", ""},
        {"--listen", "nowhere"},
        {"--listen", "1.2.3.4.5"},
        {"--listen", ""},
        {"--config", "/does/not/exist"},
        {"--config", "/"},
        {"--port-file"},
        {"--check=maybe"},
    };
    for (const auto& more : wrong) {
        Arguments arguments = good;
        arguments.insert(arguments.end(), more.begin(), more.end());
        if (more == Arguments{"--"}) arguments.push_back("stray");
        expect_usage_error("belfryd", arguments);
    }
    EXPECT_FALSE(std::filesystem::exists(data));
}

TEST(CommandLine, EveryInvalidValueOfARequiredOptionIsReportedInOneLineWithExitCode2) {
    const TempDir folder;
    const std::string data = (folder.path() / "data").string();
    for (const std::string ids : {"", ",", "1,,2", "1,2,", "a b", "no!such", "1,1",
                                  "x23456789012345678901234567890123", "ümlaut"}) {
        expect_usage_error("belfryd", {"-client_ids", ids, "-port", "0", "--data-dir", data});
    }
    for (const std::string port : {"", "-1", "65536", "http", "80 80", "0x50", "1e3"}) {
        expect_usage_error("belfryd", {"-client_ids", "1", "-port", port, "--data-dir", data});
    }
    expect_usage_error("belfryd", {"-port", "0", "--data-dir", data});
    expect_usage_error("belfryd", {"-client_ids", "1", "-port", "0", "--data-dir", ""});
    expect_usage_error("belfryd",
                       {"-client_ids", "1", "-port", "0", "-port", "1", "--data-dir", data});
    EXPECT_FALSE(std::filesystem::exists(data));
}

TEST(CommandLine, EveryInvalidOptionOfBelfryIsReportedInOneLineWithExitCode2) {
    const std::vector<Arguments> wrong{
        {},
        {"-client_id"},
        {"-client_id", ""},
        {"-client_id", "a b"},
        {"-client_id", "1", "-port", "0"},
        {"-client_id", "1", "-port", "65536"},
        {"-client_id", "1", "-port", "x"},
        {"-client_id", "1", "--colour"},
        {"-client_id", "1", "--count", "-1"},
        {"-client_id", "1", "--count", "some"},
        {"-client_id", "1", "--timeout", "soon"},
        {"-client_id", "1", "--timeout", "-1"},
        {"-client_id", "1", "stray"},
        {"-client_id", "1", "--config", "/does/not/exist"},
        {"-client_id", "1", "-server_ip", ""},
    };
    for (const auto& arguments : wrong) expect_usage_error("belfry", arguments);
}

TEST(CommandLine, EveryInvalidOptionOfBelfryctlIsReportedInOneLineWithExitCode2) {
    const TempDir folder;
    const std::string data = folder.path().string();
    const std::vector<Arguments> wrong{
        {},
        {"--data-dir", data},
        {"--data-dir", data, "dance"},
        {"--data-dir", data, "status", "again"},
        {"--data-dir", data, "--colour", "status"},
        {"--data-dir"},
    };
    for (const auto& arguments : wrong) expect_usage_error("belfryctl", arguments);
}

TEST(CommandLine, AnInvalidValueIsQuotedInOneLineWithoutControlCharacters) {
    const TempDir folder;
    const std::string odd = "1,2\n3\x1b[2J\r\x7f\xc2\x9b\xff";
    const std::string data = folder.path().string();
    expect_usage_error("belfryd", {"-client_ids", odd, "-port", "0", "--data-dir", data});
    expect_usage_error("belfryd", {"-client_ids", "1", "-port", odd, "--data-dir", data});
    expect_usage_error("belfryd", {"--" + odd});
    expect_usage_error("belfry", {"-client_id", odd});
    expect_usage_error("belfryctl", {odd});
    const Result result = run({program("belfryctl"), {"--data-dir", data + odd, "status"}});
    expect_one_line(result, 1, "1,2 3?[2J????");
    const auto config = folder.write("conf", {"client_ids = 1\0002\n", 18});
    expect_usage_error("belfryd", {"--config", config.string(), "-port", "0", "--check"});
}

TEST(CommandLine, VersionAndHelpGoToStandardOutput) {
    for (const std::string name : {"belfryd", "belfry", "belfryctl"}) {
        const Result version = run({program(name), {"--version"}});
        EXPECT_EQ(version.status, 0) << version.err;
        EXPECT_TRUE(version.out.starts_with(name + " ")) << version.out;
        EXPECT_EQ(version.err, "");
        for (const std::string spelling : {"--help", "-help"}) {
            const Result help = run({program(name), {spelling}});
            EXPECT_EQ(help.status, 0) << help.err;
            EXPECT_EQ(help.err, "");
            EXPECT_NE(help.out.find("--version"), std::string::npos) << help.out;
        }
    }
}

/// Runs the program with /dev/full as its standard output.
Result run_on_a_full_disk(const std::string& name, const Arguments& arguments) {
    std::string line = "exec '" + program(name).string() + "'";
    for (const auto& argument : arguments) line += " '" + argument + "'";
    return run({"/bin/sh", {"-c", line + " > /dev/full"}});
}

TEST(CommandLine, OutputThatCannotBeWrittenIsReportedInOneLineWithExitCode1) {
    const std::string why = "cannot write standard output: No space left on device";
    for (const std::string name : {"belfryd", "belfry", "belfryctl"}) {
        for (const std::string option : {"--help", "--version"}) {
            SCOPED_TRACE(name + " " + option);
            expect_one_line(run_on_a_full_disk(name, {option}), 1, why);
        }
    }
    expect_one_line(run_on_a_full_disk("belfryd", {"-client_ids", "1", "--check"}), 1, why);
    const Server server;
    RawClient client = server.log_in("1");
    client.send("SAY something to print\r\n");
    client.read_until("SENT");
    const std::string data = server.data_dir().string();
    for (const Arguments& command : {Arguments{"status"}, Arguments{"status", "--json"},
                                     Arguments{"log"}, Arguments{"check"}}) {
        Arguments arguments{"--data-dir", data};
        arguments.insert(arguments.end(), command.begin(), command.end());
        expect_one_line(run_on_a_full_disk("belfryctl", arguments), 1, why);
    }
}

TEST(CommandLine, HelpNamesEveryOption) {
    const std::string belfryd = run({program("belfryd"), {"--help"}}).out;
    for (const std::string option : {"client-ids", "port", "port-file", "listen", "data-dir",
                                     "durability", "ring-size", "max-clients", "max-waiting",
                                     "max-payload", "log-level", "log-format", "check", "config"}) {
        EXPECT_NE(belfryd.find("--" + option), std::string::npos) << option;
    }
    const std::string belfry = run({program("belfry"), {"--help"}}).out;
    for (const std::string option : {"client-id", "server-ip", "port", "follow", "json", "count",
                                     "timeout", "peek", "color", "config"}) {
        EXPECT_NE(belfry.find("--" + option), std::string::npos) << option;
    }
    const std::string belfryctl = run({program("belfryctl"), {"--help"}}).out;
    for (const std::string word : {"--data-dir", "status", "top", "metrics", "log", "--follow",
                                   "check", "reset-seq", "stop", "remove"}) {
        EXPECT_NE(belfryctl.find(word), std::string::npos) << word;
    }
}

TEST(CommandLine, OptionsMayBeSpelledWithOneDashOrTwoAndEitherSeparator) {
    const TempDir folder;
    for (const Arguments& ids : {Arguments{"-client_ids", "1,2"}, Arguments{"--client_ids", "1,2"},
                                 Arguments{"-client-ids", "1,2"}, Arguments{"--client-ids", "1,2"},
                                 Arguments{"-client_ids=1,2"}, Arguments{"--client-ids=1,2"}}) {
        Arguments arguments = ids;
        arguments.push_back("-check");
        const Result result = belfryd(folder, arguments);
        EXPECT_EQ(result.status, 0) << testing::PrintToString(ids) << result.err;
    }
}

TEST(CommandLine, CheckStartsNoServer) {
    const TempDir folder;
    const Result good = belfryd(folder, {"--client-ids", "1,2", "--check"});
    EXPECT_EQ(good.status, 0) << good.err;
    EXPECT_EQ(good.out.find("listening"), std::string::npos) << good.out;
    EXPECT_FALSE(std::filesystem::exists(folder.path() / "data"));
    expect_one_line(belfryd(folder, {"--client-ids", "1,!", "--check"}), 2);
}

TEST(CommandLine, AConfigurationFileSetsOptionsAndTheCommandLineOverridesIt) {
    const TempDir folder;
    const auto file = folder.write("belfry.conf",
                                   "# who may log in\n"
                                   "client-ids = 7,8\n"
                                   "max_payload = 2K\n");
    const Server server{{.client_ids = "9", .more = {"--config", file.string()}}};
    // The command line takes precedence over the file.
    RawClient client = server.connect();
    EXPECT_EQ(client.log_in("9").option("max-payload"), "2048");
    RawClient refused = server.connect();
    refused.send("LOGIN 7\r\n");
    refused.expect_error("unknown-client");
}

TEST(CommandLine, AConfigurationFileAloneIsEnough) {
    const TempDir folder;
    const auto good = folder.write("good.conf", "client_ids = 1,2\n");
    EXPECT_EQ(belfryd(folder, {"--config", good.string(), "--check"}).status, 0);
    for (const std::string contents :
         {"client-ids = 1\ncolour = blue\n", "client-ids = 1\nnonsense\n", "client-ids = ?\n",
          "client-ids = 1\nmax-clients = none\n", "client-ids = 1\nclient-ids = 2\n",
          "client-ids = 1\n= 3\n", "client-ids = 1\nport-file =\n", "client-ids = 1\ncheck =\n",
          "client-ids = 1\ndata_dir =\n"}) {
        SCOPED_TRACE(contents);
        const auto bad = folder.write("bad.conf", contents);
        expect_one_line(belfryd(folder, {"--config", bad.string(), "--check"}), 2);
    }
}

TEST(CommandLine, AConfigurationFileMayHoldEveryOption) {
    const TempDir folder;
    const auto file = folder.write(
        "all.conf", "client-ids = 1,2\nclients = " + folder.write("clients", "3\n").string() +
                        "\nport = 0\nport-file = p\nlisten = ::1\n"
                        "data-dir = d\ndurability = async\nkeep-messages = 5\n"
                        "keep-days = 3\nring-size = 1M\nmax-clients = 7\n"
                        "max-waiting = 5\nmax-payload = 1K\nlog-level = debug\nlog-format = json\n"
                        "check = true\n");
    EXPECT_EQ(belfryd(folder, {"--config", file.string()}).status, 0);
}

TEST(CommandLine, CheckReportsFileAndLineOfAMistake) {
    const TempDir folder;
    for (const std::string line :
         {"listen = nowhere", "durability = some", "keep-messages = 0", "keep-days = x",
          "ring-size = 1", "max-clients = none", "max-waiting = 0", "max-payload = 32M",
          "log-level = loud", "log-format = xml", "client-ids = a,a", "colour = blue",
          "nonsense"}) {
        SCOPED_TRACE(line);
        const auto file = folder.write("bad.conf", "# a comment\n\n" + line + "\n");
        Arguments arguments{"--config", file.string(),
                            "--check"};  // an option given here would hide that of the file
        if (!line.starts_with("client-ids")) {
            arguments.insert(arguments.end(), {"-client_ids", "1"});
        }
        expect_one_line(run({program("belfryd"), arguments}), 2, file.string() + ":3: ");
    }
}

TEST(CommandLine, ThePortFileHoldsThePort) {
    const Server server;
    const std::string text = read_file(server.folder() / "port");
    EXPECT_EQ(number_from(lines_of(text).at(0)), server.port());
}

/// A port on which this process listens.
class TakenPort {
  public:
    TakenPort() : socket_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        auto* plain = reinterpret_cast<sockaddr*>(&address);
        socklen_t size = sizeof address;
        EXPECT_EQ(::bind(socket_.get(), plain, size), 0);
        EXPECT_EQ(::listen(socket_.get(), 1), 0);
        EXPECT_EQ(::getsockname(socket_.get(), plain, &size), 0);
        number_ = std::to_string(ntohs(address.sin_port));
    }
    [[nodiscard]] const std::string& number() const { return number_; }

  private:
    base::UniqueFd socket_;
    std::string number_;
};

TEST(CommandLine, APortInUseIsReportedWithExitCode1) {
    const TempDir folder;
    const TakenPort port;
    const Result result = run({program("belfryd"),
                               {"-client_ids", "1", "-port", port.number(), "--data-dir",
                                (folder.path() / "data").string()}});
    expect_one_line(result, 1, port.number());
}

TEST(CommandLine, AnAddressOfAnotherMachineIsReportedWithExitCode1) {
    const TempDir folder;
    expect_one_line(belfryd(folder, {"-client_ids", "1", "-listen", "192.0.2.1"}), 1, "192.0.2.1");
}

TEST(CommandLine, AnUnwritableDataDirectoryIsReportedWithExitCode1) {
    const TempDir folder;
    const std::string path = (folder.write("file", "") / "data").string();
    expect_one_line(
        run({program("belfryd"), {"-client_ids", "1", "-port", "0", "--data-dir", path}}), 1, path);
}

TEST(CommandLine, AnUnwritablePortFileIsReportedWithTheReasonAndExitCode1) {
    const TempDir folder;
    const std::string path = (folder.write("file", "") / "port").string();
    expect_one_line(belfryd(folder, {"-client_ids", "1", "--port-file", path}), 1,
                    path + ": Not a directory");
}

TEST(CommandLine, APortFileThatCannotBeWrittenLeavesNoFileAndNoProcess) {
    const TempDir folder;
    const auto path = folder.path() / "port";
    std::filesystem::create_directory(path);
    expect_one_line(belfryd(folder, {"-client_ids", "1", "--port-file", path.string()}), 1,
                    path.string() + ": Is a directory");
    EXPECT_TRUE(std::filesystem::is_directory(path));
    EXPECT_FALSE(std::filesystem::exists(path.string() + ".new"));
    // No process is left: a live one would keep the file `alive` of the data directory locked.
    const base::UniqueFd alive{
        ::open((folder.path() / "data" / "alive").c_str(), O_RDWR | O_CLOEXEC)};
    EXPECT_EQ(::flock(alive.get(), LOCK_EX | LOCK_NB), 0);
}

TEST(CommandLine, ThePortFileIsGoneAfterACleanStop) {
    Server server;
    EXPECT_EQ(server.stop(), 0);
    EXPECT_FALSE(std::filesystem::exists(server.folder() / "port"));
}

TEST(CommandLine, ADataDirectoryInUseByAnotherServerIsReportedWithExitCode1) {
    const Server server;
    Invocation second = server.command();
    second.own_session = false;
    expect_one_line(run(second), 1, server.data_dir().string());
    // The first server is not affected.
    RawClient client = server.log_in("1");
    client.expect_pong();
}

}  // namespace
}  // namespace belfry::test
