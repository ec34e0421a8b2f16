#include "tests/support/proc.hpp"
#include "tests/support/server.hpp"

#include <unistd.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>

/// belfryctl reads the segment of a running or dead server, ends the server, and removes the
/// segment.
namespace belfry::test {
namespace {

using nlohmann::json;

std::set<std::string> keys_of(const json& object) {
    std::set<std::string> keys;
    for (const auto& item : object.items()) keys.insert(item.key());
    return keys;
}

void expect_keys(const json& object, const std::set<std::string>& expected) {
    const auto keys = keys_of(object);
    EXPECT_TRUE(std::ranges::includes(keys, expected)) << object.dump(2);
}

TEST(Belfryctl, StatusJsonHasEveryField) {
    const Server server;
    RawClient client = server.log_in("1");
    const json status = server.status();
    expect_keys(status, {"segment", "log", "processes", "clients"});
    expect_keys(status.at("segment"), {"key", "shmid", "bytes", "attached"});
    expect_keys(status.at("log"), {"epoch", "first_id", "last_id", "visible_id", "stored_id",
                                   "capacity_bytes", "used_bytes"});
    expect_keys(status.at("processes"), {"supervisor", "archiver"});
    ASSERT_EQ(status.at("clients").size(), 3U);
    for (const auto& one : status.at("clients")) {
        expect_keys(one, {"id", "online", "pid", "cursor", "behind", "seq"});
    }
}

TEST(Belfryctl, StatusAgreesWithTheKernelAndTheClients) {
    const Server server;
    RawClient one = server.connect();
    const std::string epoch = one.log_in("1").option("epoch");
    RawClient two = server.log_in("2", "ack=manual");
    for (std::uint64_t seq = 11; seq <= 15; ++seq) one.send_message(seq, "hello");
    two.read_until_id(5);
    two.send("ACK 2\r\n");
    two.expect_pong();

    const json status = server.status();
    const auto segment = server.segment();
    ASSERT_TRUE(segment);
    EXPECT_EQ(status.at("segment").at("shmid"), segment->shmid);
    EXPECT_EQ(status.at("segment").at("bytes"), segment->bytes);
    const json& log = status.at("log");
    EXPECT_EQ(log.at("epoch"), epoch);
    EXPECT_EQ(log.at("first_id"), 1);
    EXPECT_EQ(log.at("last_id"), 5);
    EXPECT_EQ(log.at("visible_id"), 5);
    EXPECT_EQ(log.at("capacity_bytes"), 64 * 1024 * 1024);
    EXPECT_GE(log.at("used_bytes"), 5 * 5);
    EXPECT_EQ(status.at("processes").at("supervisor"), server.pid());

    const json first = server.client_status("1");
    EXPECT_EQ(first.at("online"), true);
    EXPECT_EQ(first.at("seq"), 15);
    const json second = server.client_status("2");
    EXPECT_EQ(second.at("cursor"), 2);
    EXPECT_EQ(second.at("behind"), 3);
    EXPECT_EQ(second.at("seq"), 0);
    const auto children = server.children();
    for (const auto& client : {first, second}) {
        EXPECT_NE(std::ranges::find(children, client.at("pid").get<pid_t>()), children.end());
    }
    const json third = server.client_status("3");
    EXPECT_EQ(third.at("online"), false);
    EXPECT_EQ(third.at("cursor"), 0);
    EXPECT_EQ(third.at("behind"), 5);
}

TEST(Belfryctl, StatusForPeopleNamesTheClients) {
    const Server server{{.client_ids = "alice,bob"}};
    RawClient client = server.log_in("alice");
    const Result result = server.belfryctl({"status"});
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_NE(result.out.find("alice"), std::string::npos) << result.out;
    EXPECT_NE(result.out.find("bob"), std::string::npos) << result.out;
}

TEST(Belfryctl, LogPrintsTheMessages) {
    const Server server;
    RawClient client = server.log_in("1");
    client.send("SAY the first\r\nSAY the second\r\n");
    client.read_until_id(2);
    const Result result = server.belfryctl({"log"});
    EXPECT_EQ(result.status, 0) << result.err;
    const auto first = result.out.find("the first");
    const auto second = result.out.find("the second");
    EXPECT_NE(first, std::string::npos) << result.out;
    EXPECT_NE(second, std::string::npos) << result.out;
    EXPECT_LT(first, second);
}

/// The output of a command in a time zone that no test machine is in.
std::string output_in_other_time_zone(const std::filesystem::path& program,
                                      std::vector<std::string> arguments) {
    Invocation command{program, std::move(arguments)};
    command.environment = {{"TZ", "FAR-5:30"}};
    const Result result = run(command);
    EXPECT_EQ(result.status, 0) << result.err;
    return result.out;
}

TEST(Belfryctl, LogAndSearchPrintTheLocalTime) {
    const Server server{{.durability = "commit"}};
    RawClient reader = server.log_in("2");
    RawClient client = server.log_in("1");
    client.send("SAY hello\r\n");
    const std::uint64_t time_ms = reader.read_until("MSG").back().number(2);
    const std::string date = output_in_other_time_zone(
        "/bin/date", {"-d", "@" + std::to_string(time_ms / 1000), "+%Y-%m-%d %H:%M:%S"});
    const std::string line = "1 " + lines_of(date).at(0) + " 1: hello\n";
    const auto printed = [&](std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), {"--data-dir", server.data_dir().string()});
        return output_in_other_time_zone(program("belfryctl"), std::move(arguments));
    };
    EXPECT_EQ(printed({"log"}), line);
    EXPECT_EQ(printed({"search", "hello"}), line);
}

TEST(Belfryctl, LogAndSearchPrintTheSameJson) {
    const Server server{{.durability = "commit"}};
    RawClient client = server.log_in("1");
    client.send_message(7, "text \xc3\xbc");
    client.send_message(9, "text \xff");
    client.read_until_id(2);
    const Result result = server.belfryctl({"log", "--json"});
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_EQ(result.out, server.belfryctl({"search", "text", "--json"}).out);
    const auto lines = lines_of(result.out);
    ASSERT_EQ(lines.size(), 2U);
    const json message = json::parse(lines[0]);
    EXPECT_EQ(keys_of(message), (std::set<std::string>{"id", "from", "time", "seq", "text"}));
    EXPECT_EQ(message.at("seq"), 7);
    EXPECT_EQ(json::parse(lines[1]).at("seq"), 9);
    EXPECT_TRUE(message.at("time").is_number_unsigned());
}

TEST(Belfryctl, LogAndSearchReplaceCharactersThatReverseOrHideText) {
    const Server server{{.durability = "commit"}};
    RawClient client = server.log_in("1");
    client.send_message(1, "x\n2 2026-01-01 00:00:00 2: pay eve\u202e\u2066\u200b\x1b end");
    client.read_until_id(1);
    const std::string shown = " 1: x?2 2026-01-01 00:00:00 2: pay eve???? end\n";
    EXPECT_TRUE(server.belfryctl({"log"}).out.ends_with(shown));
    EXPECT_TRUE(server.belfryctl({"search", "pay"}).out.ends_with(shown));
}

TEST(Belfryctl, CheckFindsNoFaultInARunningServerUnderLoad) {
    const Server server{{.more = {"--ring-size", "1M"}}};
    RawClient client = server.log_in("1");
    std::uint64_t seq = 1;
    for (int round = 0; round < 10; ++round) {
        for (int count = 0; count < 200; ++count)
            client.send_message(seq++, std::string(2000, 'x'));
        const Result result = server.belfryctl({"check"});
        EXPECT_EQ(result.status, 0) << result.out << result.err;
    }
    client.read_until_id(seq - 1);
}

TEST(Belfryctl, StatusCheckAndLogWorkOnADeadServer) {
    Server server;
    RawClient client = server.log_in("1");
    client.send("SAY last words\r\n");
    client.read_until_id(1);
    server.kill_all();
    EXPECT_EQ(server.status().at("log").at("last_id"), 1);
    EXPECT_EQ(server.client_status("1").at("online"), false);
    EXPECT_EQ(server.belfryctl({"check"}).status, 0);
    EXPECT_NE(server.belfryctl({"log"}).out.find("last words"), std::string::npos);
    EXPECT_TRUE(server.segment());
}

TEST(Belfryctl, StatusLogAndCheckDoNotStayAttachedToTheSegment) {
    const Server server;
    RawClient client = server.log_in("1");
    const auto attached = server.attached();
    for (const std::string command : {"status", "log", "check"}) {
        EXPECT_EQ(server.belfryctl({command}).status, 0);
        EXPECT_EQ(server.attached(), attached);
    }
    client.expect_pong();
}

TEST(Belfryctl, StopEndsARunningServerCleanly) {
    Server server;
    RawClient client = server.log_in("1");
    const Result result = server.belfryctl({"stop"});
    EXPECT_EQ(result.status, 0) << result.err;
    client.expect("BYE shutting-down");
    EXPECT_TRUE(eventually([&] { return !server.is_running(); }));
    EXPECT_FALSE(server.segment());
    EXPECT_TRUE(server.all_processes().empty());
}

TEST(Belfryctl, StopEndsTheProcessesThatADeadSupervisorLeft) {
    Server server;
    RawClient client = server.log_in("1");
    server.kill_supervisor();
    const Result result = server.belfryctl({"stop"});
    EXPECT_EQ(result.status, 0) << result.err;
    client.expect("BYE shutting-down");
    EXPECT_TRUE(server.all_processes().empty());
    EXPECT_FALSE(server.segment());
}

TEST(Belfryctl, StopRemovesThePortFileThatADeadSupervisorLeft) {
    Server server;
    RawClient client = server.log_in("1");
    server.kill_supervisor();
    ASSERT_TRUE(std::filesystem::exists(server.folder() / "port"));
    const Result result = server.belfryctl({"stop"});
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_FALSE(std::filesystem::exists(server.folder() / "port"));
}

TEST(Belfryctl, StopKeepsAPortFileThatNamesAnotherPort) {
    // The file may belong to another server, which was started with the same --port-file.
    Server server;
    server.kill_supervisor();
    const auto port_file = server.folder() / "port";
    std::ofstream{port_file} << server.port() + 1 << '\n';
    EXPECT_EQ(server.belfryctl({"stop"}).status, 0);
    EXPECT_TRUE(std::filesystem::exists(port_file));
}

TEST(Belfryctl, RemoveDeletesTheSegmentOfADeadServer) {
    Server server;
    server.kill_all();
    EXPECT_TRUE(server.segment());
    const Result result = server.belfryctl({"remove"});
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_FALSE(server.segment());
    server.start();
    server.connect().log_in("1");
}

TEST(Belfryctl, RemoveRefusesTheSegmentOfARunningServer) {
    Server server;
    RawClient client = server.log_in("1");
    const Result refused = server.belfryctl({"remove"});
    EXPECT_EQ(refused.status, 1);
    EXPECT_EQ(refused.err, "belfryctl: the server in " + server.data_dir().string() +
                               " is running (process " + std::to_string(server.pid()) +
                               "); use belfryctl stop\n");
    EXPECT_TRUE(server.segment());
    client.expect_pong();
    // The server counts as alive as long as one session child is left.
    server.kill_supervisor();
    EXPECT_NE(server.belfryctl({"remove"}).status, 0);
    EXPECT_TRUE(server.segment());
    client.expect_pong();
}

TEST(Belfryctl, AnUnreadableSegmentFileIsNotReportedAsMissing) {
    const TempDir folder;
    const auto file = folder.write("segment", "");
    const std::string data = folder.path().string();
    Invocation command{program("belfryctl"), {"--data-dir", data, "status"}};
    if (::geteuid() == 0) {
        // Root may read every file. Another user may not be able to reach the program, so it is
        // copied.
        constexpr uid_t nobody_else = 61'234;
        std::filesystem::permissions(folder.path(), std::filesystem::perms{0755});
        std::filesystem::copy(command.program, folder.path());
        command.program = folder.path() / "belfryctl";
        command.user = nobody_else;
    }
    std::filesystem::permissions(file, std::filesystem::perms::none);
    const Result result = run(command);
    EXPECT_EQ(result.status, 1);
    EXPECT_EQ(result.err, "belfryctl: cannot read " + data + "/segment: Permission denied\n");
}

TEST(Belfryctl, CommandsFailWithOneLineIfThereIsNoServer) {
    const TempDir folder;
    for (const std::string command : {"status", "log", "check"}) {
        const Result result =
            run({program("belfryctl"), {"--data-dir", folder.path().string(), command}});
        EXPECT_EQ(result.status, 1) << command;
        EXPECT_EQ(std::ranges::count(result.err, '\n'), 1) << result.err;
    }
}

}  // namespace
}  // namespace belfry::test
