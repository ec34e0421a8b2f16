#include "tests/support/server.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <regex>
#include <string>

/// The log of belfryd on standard error: one line per event.
namespace belfry::test {
namespace {

using nlohmann::json;

void expect_line(const Server& server, const std::string& pattern) {
    const std::regex wanted{pattern};
    EXPECT_TRUE(eventually([&] {
        const std::string errors = server.errors();
        return std::ranges::any_of(lines_of(std::string_view{errors}), [&](const auto& line) {
            return std::regex_match(line, wanted);
        });
    })) << pattern
        << " is not among\n"
        << server.errors();
}

std::size_t count(const Server& server, const std::string& part) {
    const std::string errors = server.errors();
    return static_cast<std::size_t>(std::ranges::count_if(
        lines_of(std::string_view{errors}),
        [&](const auto& line) { return line.find(part) != std::string::npos; }));
}

TEST(LogLines, ReportTheStartLoginsLogoutsAndTheStop) {
    Server server;
    const std::string port = std::to_string(server.port());
    expect_line(server,
                "belfryd: info: listening on 127.0.0.1:" + port + " for 3 clients with log .*");
    RawClient one = server.log_in("1");
    const std::string pid = std::to_string(server.child_of("1"));
    expect_line(server,
                R"(belfryd: info: client 1 logged in from 127\.0\.0\.1:\d+, process )" + pid);
    RawClient again = server.log_in("1");
    expect_line(server,
                "belfryd: info: client 1 logged in from .*, taking over an earlier session");
    expect_line(server, "belfryd: info: client 1 logged out: taken-over");
    again.quit();
    expect_line(server, "belfryd: info: client 1 logged out: quit");
    EXPECT_EQ(server.stop(), 0);
    expect_line(server, "belfryd: info: stopping on signal 15");
    expect_line(server, "belfryd: info: stopped");
}

TEST(LogLines, ReportDeaths) {
    Server server{{.durability = "commit"}};
    RawClient one = server.log_in("1");
    const pid_t child = server.child_of("1");
    ::kill(child, SIGKILL);
    expect_line(server, "belfryd: warning: session " + std::to_string(child) +
                            " of client 1 was killed by signal 9");
    ::kill(server.archiver(), SIGKILL);
    expect_line(server, "belfryd: warning: the archiver was killed; starting another one");
    server.kill_supervisor();
    server.start();
    expect_line(server, "belfryd: info: adopted log .*");
}

TEST(LogLines, ReportRefusedLoginsAtMostOncePerSecond) {
    const Server server;
    for (int round = 0; round < 30; ++round) {
        RawClient stranger = server.connect();
        stranger.send("LOGIN nobody\r\n");
        stranger.expect_error("unknown-client");
    }
    expect_line(server, R"(belfryd: warning: refused a login as nobody from .*: unknown-client)");
    EXPECT_LT(count(server, "refused a login"), 30U);
    EXPECT_EQ(server.status().at("server").at("refused_logins"), 30);
}

TEST(LogLines, AreWrittenFromTheLogLevelUp) {
    const Server server{{.more = {"--log-level", "warning"}}};
    RawClient one = server.log_in("1");
    ::kill(server.child_of("1"), SIGKILL);
    expect_line(server, "belfryd: warning: session .*");
    EXPECT_EQ(count(server, "info"), 0U) << server.errors();
    const Server talkative{{.more = {"--log-level", "debug"}}};
    talkative.connect().reset();
    expect_line(talkative, "belfryd: debug: a connection ended without a login");
    talkative.connect().send("PING\r\n");
    EXPECT_TRUE(eventually([&] { return count(talkative, "without a login") == 2; }));
}

TEST(LogLines, AreOneObjectEachInJson) {
    Server server{{.more = {"--log-format", "json", "--max-clients", "100"}}};
    server.log_in("1").quit();
    EXPECT_EQ(server.stop(), 0);
    const std::string errors = server.errors();
    bool logged_out = false;
    for (const std::string& line : lines_of(std::string_view{errors})) {
        const json event = json::parse(line);
        EXPECT_TRUE(std::regex_match(event.at("time").get<std::string>(),
                                     std::regex{R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)"}));
        EXPECT_EQ(event.at("level"), "info");
        EXPECT_GT(event.at("pid"), 1);
        logged_out = logged_out || event.at("text") == "client 1 logged out: quit";
    }
    EXPECT_TRUE(logged_out) << errors;
}

/// Runs belfryd with its standard error in a file, and returns what it has logged.
/// @param named whether JOURNAL_STREAM names that file
std::string logged_into_a_file(const std::filesystem::path& folder, bool named) {
    const auto file = folder / "errors";
    std::ofstream{file}.flush();
    struct stat info {};
    ::stat(file.c_str(), &info);
    const std::string stream =
        std::to_string(info.st_dev) + ":" + std::to_string(info.st_ino + (named ? 0 : 1));
    Process server{
        {.program = "/bin/sh",
         .arguments =
             {"-c",
              "exec \"$0\" -client_ids 1 -port 0 --max-clients 100 --durability memory --data-dir "
              "\"$1/data\" 2>>\"$1/errors\"",
              program("belfryd").string(), folder.string()},
         .environment = {{"JOURNAL_STREAM", stream}},
         .death_signal = SIGTERM}};
    EXPECT_TRUE(eventually([&] { return server.out().ends_with('\n'); }));
    server.signal(SIGTERM);
    EXPECT_EQ(server.wait(), 0);
    return read_file(file);
}

TEST(LogLines, BeginWithANumericLevelForTheJournal) {
    const TempDir folder;
    const std::string logged = logged_into_a_file(folder.path(), true);
    EXPECT_TRUE(logged.starts_with("<6>belfryd: listening on ")) << logged;
    EXPECT_NE(logged.find("\n<6>belfryd: stopped\n"), std::string::npos) << logged;
}

TEST(LogLines, NameTheLevelIfStandardErrorIsNotTheJournal) {
    const TempDir folder;
    const std::string logged = logged_into_a_file(folder.path(), false);
    EXPECT_TRUE(logged.starts_with("belfryd: info: listening on ")) << logged;
}

TEST(LogLines, DelayNobodyIfNobodyReadsThem) {
    // Standard error is a pipe that is full and that nobody reads.
    const TempDir folder;
    const auto pipe = folder.path() / "pipe";
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    const base::UniqueFd reader{::open(pipe.c_str(), O_RDONLY | O_NONBLOCK)};
    const base::UniqueFd filler{::open(pipe.c_str(), O_WRONLY | O_NONBLOCK)};
    const std::string bytes(4096, 'x');
    while (::write(filler.get(), bytes.data(), bytes.size()) > 0) {
    }
    Server server;
    EXPECT_EQ(server.stop(), 0);
    Invocation command = server.command();
    command.arguments.insert(command.arguments.begin(),
                             {"-c", "pipe=$1; shift; exec \"$@\" 2>\"$pipe\"", "sh", pipe.string(),
                              command.program.string()});
    command.program = "/bin/sh";
    server.start(command);
    for (int round = 0; round < 5; ++round) {
        RawClient one = server.log_in("1");
        ::kill(server.child_of("1"), SIGKILL);
        static_cast<void>(one.read_to_the_end());
    }
    server.log_in("2").expect_pong();
    // After the pipe is read again, a line says how many lines were dropped.
    std::string waste(1 << 17, '\0');
    while (::read(reader.get(), waste.data(), waste.size()) > 0) {
    }
    ::kill(server.pid(), SIGHUP);
    std::string logged;
    EXPECT_TRUE(eventually([&] {
        const ssize_t length = ::read(reader.get(), waste.data(), waste.size());
        if (length > 0) logged.append(waste, 0, static_cast<std::size_t>(length));
        return logged.find("nothing to reload") != std::string::npos;
    }));
    EXPECT_NE(logged.find("log lines dropped before this one"), std::string::npos) << logged;
    EXPECT_EQ(server.stop(), 0);
}

TEST(LogLines, ContainNoControlCharactersOfPeersOrFiles) {
    const TempDir folder;
    const auto file = folder.path() / "conf";
    std::ofstream{file} << "client-ids = 1,2,3\n";
    Server server{{.more = {"--config", file.string()}}};
    std::ofstream{file} << "client-ids = \x1b[2Jevil\n";
    ::kill(server.pid(), SIGHUP);
    EXPECT_TRUE(server.will_say("nothing has changed"));
    // The command line overrides client-ids, so the error must come from the name of an option.
    std::ofstream{file} << "\x1b[2J\xff = 1\n";
    ::kill(server.pid(), SIGHUP);
    expect_line(server, R"(belfryd: error: not reloaded.*unknown option --\?\[2J\?)");
    EXPECT_EQ(server.errors().find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace belfry::test
