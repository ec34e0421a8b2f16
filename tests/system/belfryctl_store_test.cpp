#include "tests/support/server.hpp"
#include "tests/support/store_db.hpp"

#include <sys/stat.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <string>

/// The program belfryctl and the store: of a running server, of a stopped and of a dead one.
namespace belfry::test {
namespace {

using nlohmann::json;
using Lines = std::vector<std::string>;
namespace fs = std::filesystem;

Result belfryctl(const fs::path& data_dir, std::vector<std::string> arguments,
                 Input input = Input{}) {
    arguments.insert(arguments.begin(), {"--data-dir", data_dir.string()});
    return run({program("belfryctl"), std::move(arguments), std::move(input)});
}

/// Client 1 publishes the texts, with the seqs from 1 on.
void publish(const Server& server, const Lines& texts) {
    RawClient client = server.connect();
    std::uint64_t seq = std::stoull(client.log_in("1").option("seq"));
    for (const std::string& text : texts) client.send_message(++seq, text);
    client.quit();
}

void publish_many(const Server& server, std::uint64_t count, std::size_t bytes_each = 20) {
    RawClient client = server.connect();
    std::uint64_t seq = std::stoull(client.log_in("1").option("seq"));
    std::string bytes;
    for (std::uint64_t i = 0; i < count; ++i) {
        bytes += "SEND " + std::to_string(++seq) + " " + std::to_string(bytes_each) + "\r\n" +
                 std::string(bytes_each, 'x') + "\r\n";
    }
    client.send(bytes);
    client.quit();
}

/// What stands behind `sender: ` on each line.
Lines texts_of(const std::string& out) {
    Lines texts;
    for (const std::string& line : lines_of(out)) texts.push_back(line.substr(line.find(": ") + 2));
    return texts;
}

void expect_one_line(const Result& result, int status, std::string_view part) {
    EXPECT_EQ(result.status, status) << result.out << result.err;
    EXPECT_EQ(std::ranges::count(result.err, '\n'), 1) << result.err;
    EXPECT_NE(result.err.find(part), std::string::npos) << result.err;
}

void write_file(const fs::path& path, std::string_view contents) {
    std::ofstream{path} << contents;
}

Lines names_in(const fs::path& folder) {
    Lines names;
    for (const auto& entry : fs::directory_iterator{folder}) {
        names.push_back(entry.path().filename().string());
    }
    std::ranges::sort(names);
    return names;
}

unsigned mode_of(const fs::path& path) {
    struct stat facts {};
    return ::stat(path.c_str(), &facts) == 0 ? facts.st_mode & 0777U : 0;
}

// --- search -----------------------------------------------------------------------------------

TEST(BelfryctlSearch, PrintsWhatContainsTheTextOfARunningADeadAndAStoppedServer) {
    Server server{{.durability = "commit"}};
    publish(server, {"the first bell", "a second one", "The BELL again"});
    const Lines expected{"the first bell", "The BELL again"};
    const auto found = [&] { return server.belfryctl({"search", "bell"}); };
    EXPECT_EQ(texts_of(found().out), expected);
    const std::string log = server.belfryctl({"log"}).out;
    EXPECT_EQ(lines_of(found().out).front(), lines_of(log).front()) << "the same form as log";
    server.kill_all();
    EXPECT_EQ(texts_of(found().out), expected);
    server.lose_segment();
    EXPECT_EQ(texts_of(found().out), expected);
    server.start();
    EXPECT_EQ(server.stop(), 0);
    const Result result = found();
    EXPECT_EQ(texts_of(result.out), expected);
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_EQ(result.err, "");
}

TEST(BelfryctlSearch, TheTextHasNoWildcards) {
    const Server server{{.durability = "commit"}};
    publish(server, {"100% sure", "100 times", "snake_case", "snakeXcase"});
    EXPECT_EQ(texts_of(server.belfryctl({"search", "100%"}).out), Lines{"100% sure"});
    EXPECT_EQ(texts_of(server.belfryctl({"search", "snake_"}).out), Lines{"snake_case"});
    EXPECT_EQ(texts_of(server.belfryctl({"search", "'"}).out), Lines{});
}

TEST(BelfryctlSearch, WhereNothingMatchesItSaysNothingAndSucceeds) {
    const Server server{{.durability = "commit"}};
    for (int round = 0; round < 2; ++round) {
        const Result result = server.belfryctl({"search", "nobody said this"});
        EXPECT_EQ(result.status, 0);
        EXPECT_EQ(result.out + result.err, "");
        publish(server, {"something"});
    }
}

TEST(BelfryctlSearch, ControlCharactersAreHarmlessAndAMessageIsOneLine) {
    const Server server{{.durability = "commit"}};
    publish(server, {"bell \x1b[2J\x07\nand\ttab", "bell \xc2\x9b\xff\xc3\xbc"});
    EXPECT_EQ(texts_of(server.belfryctl({"search", "bell"}).out),
              (Lines{"bell ?[2J??and?tab", "bell ??\xc3\xbc"}));
}

TEST(BelfryctlSearch, ASenderThatSomebodyElseHasWrittenIsHarmless) {
    Server server{{.durability = "commit"}};
    publish(server, {"bell"});
    EXPECT_EQ(server.stop(), 0);
    StoreDb{server.data_dir()}.run("UPDATE messages SET sender = char(27, 10, 8238)");
    const std::string line = server.belfryctl({"search", "bell"}).out;
    EXPECT_TRUE(line.ends_with(" ???: bell\n")) << line;
    EXPECT_EQ(json::parse(server.belfryctl({"search", "bell", "--json"}).out).at("from"),
              "\x1b\n\u202e");
}

TEST(BelfryctlSearch, FindsWhatHasLeftTheRingAndIsPagesApart) {
    const Server server{
        {.more = {"--ring-size", "64K", "--max-payload", "8K"}, .durability = "commit"}};
    publish(server, {"needle one"});
    publish_many(server, 25'000);
    publish(server, {"needle two"});
    EXPECT_EQ(texts_of(server.belfryctl({"search", "NEEDLE"}).out),
              (Lines{"needle one", "needle two"}));
    EXPECT_EQ(lines_of(server.belfryctl({"search", "x"}).out).size(), 25'000U);
}

TEST(BelfryctlSearch, JsonIsOneObjectAMessage) {
    const Server server{{.durability = "commit"}};
    publish(server, {"plain", std::string{"bytes \xff", 7}});
    const Lines lines = lines_of(server.belfryctl({"search", "b", "--json"}).out);
    ASSERT_EQ(lines.size(), 1U);
    const json message = json::parse(lines.front());
    EXPECT_EQ(message.at("id"), 2);
    EXPECT_EQ(message.at("from"), "1");
    EXPECT_EQ(message.at("seq"), 2);
    EXPECT_EQ(message.at("data"), "Ynl0ZXMg/w==");
}

// --- no store, no store of ours ------------------------------------------------------------------

std::vector<Lines> store_commands(const fs::path& folder) {
    return {{"search", "x"}, {"export", "--json"}, {"backup", (folder / "copy.db").string()}};
}

TEST(BelfryctlStore, WithoutAStoreThereIsOneClearLine) {
    const Server server;
    const TempDir nothing;
    for (const Lines& command : store_commands(server.folder())) {
        expect_one_line(server.belfryctl(command), 1, "in memory alone");
        expect_one_line(belfryctl(nothing.path(), command), 1, "there is no store in");
    }
    EXPECT_EQ(names_in(nothing.path()), Lines{});
    EXPECT_FALSE(fs::exists(server.folder() / "copy.db"));
}

TEST(BelfryctlStore, WhatIsNoStoreOrANewerOneIsTold) {
    const TempDir folder;
    fs::create_directory(folder.path() / "data");
    const auto expect_all = [&](std::string_view part) {
        auto commands = store_commands(folder.path());
        commands.push_back({"check"});
        for (const Lines& command : commands) {
            expect_one_line(belfryctl(folder.path() / "data", command), 1, part);
        }
        EXPECT_EQ(names_in(folder.path()), Lines{"data"});
    };
    write_file(folder.path() / "data/belfry.db", std::string(10'000, 'x'));
    expect_all("file is not a database");
    fs::remove(folder.path() / "data/belfry.db");
    write_file(folder.path() / "data/belfry.db", "");
    StoreDb{folder.path() / "data"}.run("CREATE TABLE notes(text)");
    expect_all("not Belfry's");
    StoreDb{folder.path() / "data"}.run(
        "PRAGMA application_id = 0x42454c46; PRAGMA user_version = 2");
    expect_all("schema version 2");
}

TEST(BelfryctlStore, WrongUsageIsOneLineAndExitTwo) {
    const TempDir folder;
    for (const Lines& command :
         {Lines{"search"}, Lines{"search", "a", "b"}, Lines{"backup"}, Lines{"import"},
          Lines{"export", "file"}, Lines{"import", "--json", "x"}, Lines{"restore"}}) {
        expect_one_line(belfryctl(folder.path(), command), 2, "belfryctl: ");
    }
}

// --- export and import ------------------------------------------------------------------------

const std::string all_bytes = [] {
    std::string bytes;
    for (int byte = 0; byte < 256; ++byte) bytes += static_cast<char>(byte);
    return bytes;
}();

/// Texts of every kind: with quotes, empty, with NUL, not UTF-8.
Lines odd_texts() {
    return {"plain", "", "\"quoted\" \\ \r\n", std::string{"nul \0.", 6}, "gr\xc3\xbcn", all_bytes};
}

/// A server's whole store, exported.
std::string exported(const Server& server) {
    const Result result = server.belfryctl({"export", "--json"});
    EXPECT_EQ(result.status, 0) << result.err;
    return result.out;
}

TEST(BelfryctlExport, IsALogAndThenItsMessagesAsBelfryPrintsThem) {
    const Server server{{.durability = "commit"}};
    RawClient client = server.connect();
    const std::string epoch = client.log_in("1").option("epoch");
    client.send_message(7, "text");
    client.send_message(9, "\xff");
    client.read_until_id(2);
    const Lines lines = lines_of(exported(server));
    ASSERT_EQ(lines.size(), 3U);
    const json head = json::parse(lines[0]);
    EXPECT_EQ(head.at("epoch"), epoch);
    EXPECT_EQ(head.at("first_id"), 1);
    EXPECT_EQ(head.at("last_id"), 2);
    EXPECT_EQ(head.at("clients").at(0).at("seq"), 9);
    const Result printed = run(server.belfry("2", {"--json"}));
    EXPECT_EQ(printed.status, 0) << printed.err;
    const Lines theirs = lines_of(printed.out);
    ASSERT_EQ(theirs.size(), 2U);
    for (std::size_t i = 0; i < 2; ++i) {
        json ours = json::parse(lines[i + 1]);
        EXPECT_EQ(ours.at("seq"), 7 + 2 * i);
        ours.erase("seq");
        EXPECT_EQ(ours, json::parse(theirs[i]));
    }
}

TEST(BelfryctlExport, WhatIsImportedIsServedAsItWas) {
    Server server{{.durability = "commit"}};
    const Lines texts = odd_texts();
    publish(server, texts);
    std::string epoch;
    {
        RawClient reader = server.connect();
        epoch = reader.log_in("2", "ack=manual").option("epoch");
        reader.send("ACK 3\r\n");
        reader.read_until_id(texts.size());
        reader.expect("LIVE 6");
        reader.expect_pong();
    }
    EXPECT_EQ(server.stop(), 0);
    const fs::path file = server.folder() / "export";
    const std::string before = exported(server);
    write_file(file, before);
    fs::remove_all(server.data_dir());
    const Result imported = server.belfryctl({"import", file.string()});
    EXPECT_EQ(imported.status, 0) << imported.err;
    EXPECT_EQ(mode_of(server.data_dir() / "belfry.db"), 0600U);
    EXPECT_EQ(names_in(server.data_dir()), (Lines{"belfry.db", "lock"}));
    EXPECT_EQ(exported(server), before);
    EXPECT_EQ(server.belfryctl({"check"}).status, 0);

    server.start();
    RawClient reader = server.connect();
    const Frame welcome = reader.log_in("2", "ack=manual");
    EXPECT_EQ(welcome.option("epoch"), epoch);
    EXPECT_EQ(welcome.option("cursor"), "3");
    for (std::uint64_t id = 4; id <= 6; ++id) reader.expect_message(id, "1", texts[id - 1]);
    RawClient third = server.connect();
    third.log_in("3");
    for (std::uint64_t id = 1; id <= 6; ++id) third.expect_message(id, "1", texts[id - 1]);
    RawClient sender = server.connect();
    EXPECT_EQ(sender.log_in("1").option("seq"), "6");
    sender.read_until("LIVE");
    sender.send_message(6, "again");
    sender.expect("DUP 6");
    sender.send_message(7, "new");
    sender.expect("SENT 7 7");
}

TEST(BelfryctlExport, SeqsThatWereNotSavedYetAreExportedToo) {
    Server server{{.durability = "commit"}};
    publish(server, {"one", "two"});
    server.kill_all();
    StoreDb{server.data_dir()}.run("DELETE FROM clients; UPDATE log SET seqs_up_to = 0");
    const json head = json::parse(lines_of(exported(server)).front());
    EXPECT_EQ(head.at("clients"), json::parse(R"([{"id":"1","cursor":0,"seq":2}])"));
}

TEST(BelfryctlExport, KeepsIdsBehindWhatRetentionHasDeleted) {
    Server server{{.more = {"--keep-messages", "10"}, .durability = "commit"}};
    publish_many(server, 100);
    EXPECT_TRUE(eventually([&] { return server.status().at("log").at("first_id") == 91; }));
    EXPECT_EQ(server.stop(), 0);
    const fs::path file = server.folder() / "export";
    const std::string before = exported(server);
    EXPECT_EQ(lines_of(before).size(), 11U);
    write_file(file, before);
    fs::remove_all(server.data_dir());
    EXPECT_EQ(server.belfryctl({"import", file.string()}).status, 0);
    EXPECT_EQ(exported(server), before);
    server.start();
    RawClient reader = server.connect();
    EXPECT_EQ(reader.log_in("2").option("last"), "100");
    reader.expect("GAP 1 90");
}

TEST(BelfryctlExport, ALogOfWhichNothingIsLeftGoesOnBehindIt) {
    const TempDir folder;
    const fs::path file = folder.write(
        "export", R"({"format":1,"epoch":"ab","first_id":8,"last_id":7,"durability":"commit",)"
                  R"("clean":true,"clients":[{"id":"1","cursor":7,"seq":7}]})"
                  "\n");
    const fs::path data = folder.path() / "data";
    EXPECT_EQ(belfryctl(data, {"import", file.string()}).status, 0);
    EXPECT_EQ(belfryctl(data, {"export"}).out, read_file(file));
    EXPECT_EQ(belfryctl(data, {"check"}).status, 0);
}

TEST(BelfryctlExport, OfARunningServerUnderLoadIsOfOneMoment) {
    const Server server{{.more = {"--ring-size", "1M"}, .durability = "commit"}};
    RawClient client = server.log_in("1");
    const TempDir folder;
    std::uint64_t seq = 0;
    for (int round = 0; round < 5; ++round) {
        std::string bytes;
        for (int i = 0; i < 20'000; ++i) bytes += "SEND " + std::to_string(++seq) + " 2\r\nhi\r\n";
        client.send(bytes);
        const fs::path file = folder.write("export", exported(server));
        const fs::path data = folder.path() / std::to_string(round);
        const Result imported = belfryctl(data, {"import", file.string()});
        EXPECT_EQ(imported.status, 0) << imported.err;
    }
    client.read_until_id(seq);
}

TEST(BelfryctlExport, HoldsNothingWhileItWritesAndSaysWhereRetentionWasFaster) {
    Server server{{.durability = "commit"}};
    publish_many(server, 30'000, 100);
    const fs::path pipe = server.folder() / "pipe";
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    Process exporting{{"/bin/sh",
                       {"-c", "exec \"$0\" --data-dir \"$1\" export > \"$2\"",
                        program("belfryctl").string(), server.data_dir().string(), pipe.string()}}};
    std::ifstream slow{pipe};
    std::string head;
    std::getline(slow, head);  // it waits in the middle of its first megabyte
    EXPECT_EQ(json::parse(head).at("last_id"), 30'000);
    EXPECT_EQ(server.stop(), 0);
    StoreDb store{server.data_dir()};
    store.run("DELETE FROM messages WHERE id <= 20000");
    EXPECT_EQ(store.text("PRAGMA wal_checkpoint(TRUNCATE)"), "0") << "somebody reads";
    std::uint64_t count = 0;
    for (std::string line; std::getline(slow, line);) ++count;
    EXPECT_LT(count, 20'000U);
    EXPECT_EQ(exporting.wait(), 1);
    EXPECT_NE(exporting.err().find("to 20000 were deleted by retention"), std::string::npos)
        << exporting.err();
}

TEST(BelfryctlImport, ReadsStandardInput) {
    const Server server{{.durability = "commit"}};
    publish(server, {"one"});
    const TempDir folder;
    const std::string text = exported(server);
    const fs::path data = folder.path() / "data";
    const Result result =
        belfryctl(data, {"import", "-"}, Input::file(folder.write("export", text)));
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_EQ(belfryctl(data, {"export"}).out, text);
}

TEST(BelfryctlImport, RefusesADataDirectoryThatIsInUse) {
    Server server{{.durability = "commit"}};
    publish(server, {"one"});
    server.wait_until_saved();  // the cursor is saved behind the message, and stands in an export
    const fs::path file = server.folder() / "export";
    const std::string before = exported(server);
    write_file(file, before);
    const auto refused = [&] { return server.belfryctl({"import", file.string()}); };
    expect_one_line(refused(), 1, "there is a store");
    server.kill_all();
    expect_one_line(refused(), 1, "there is a store");
    EXPECT_EQ(exported(server), before);

    Server memory;
    const auto refused_too = [&] { return memory.belfryctl({"import", file.string()}); };
    expect_one_line(refused_too(), 1, "in use");
    memory.kill_all();
    expect_one_line(refused_too(), 1, "there is a segment");
}

TEST(BelfryctlImport, DoesNotTakeTheRemainsOfAnotherStore) {
    const Server server{{.durability = "commit"}};
    publish(server, {"one"});
    const TempDir folder;
    const fs::path file = folder.write("export", exported(server));
    const fs::path data = folder.path() / "data";
    fs::create_directory(data);
    write_file(data / "belfry.db-wal", "of the store that was here");
    expect_one_line(belfryctl(data, {"import", file.string()}), 1, "belfry.db-wal exists");
    fs::remove(data / "belfry.db-wal");
    write_file(data / "belfry.db.new", "of an import that was killed");
    EXPECT_EQ(belfryctl(data, {"import", file.string()}).status, 0);
    EXPECT_EQ(names_in(data), (Lines{"belfry.db", "lock"}));
}

TEST(BelfryctlImport, MalformedInputIsToldByItsLineAndLeavesNothingBehind) {
    const std::string head =
        R"({"format":1,"epoch":"ab","first_id":1,"last_id":2,"durability":"commit",)"
        R"("clean":false,"clients":[{"id":"1","cursor":2,"seq":8}]})"
        "\n";
    const auto message = [](int id, int seq, const char* sender = "1") {
        return R"({"id":)" + std::to_string(id) + R"(,"from":")" + sender + R"(","time":1,"seq":)" +
               std::to_string(seq) + R"(,"text":"x"})" + "\n";
    };
    const std::vector<std::pair<std::string, std::string>> cases{
        {"", "line 1 of"},
        {message(1, 1), "line 1 of"},
        {head + "nonsense\n", "line 2 of"},
        {head + message(1, 1) + R"({"id":2,"from":"1","time":1,"seq":2,"text":"x)", "line 3 of"},
        {head + message(2, 1), "it is message 2, and 1 comes next"},
        {head + message(1, 1), "line 3 of"},
        {head + message(1, 1) + message(2, 2) + message(3, 3), "line 4 of"},
        {head + message(1, 1) + message(2, 1), "seq 1 of 1 is not above 1"},
        {head + message(1, 1) + message(2, 9), "above the last one of line 1"},
        {head + message(1, 1, "2"), "none of the clients"},
        {head + message(1, 1) + message(2, 2) + "\n", "line 4 of"},
    };
    const TempDir folder;
    for (const auto& [text, part] : cases) {
        const fs::path file = folder.write("export", text);
        expect_one_line(belfryctl(folder.path() / "data", {"import", file.string()}), 1, part);
        EXPECT_EQ(names_in(folder.path()), Lines{"export"}) << text;
    }
    expect_one_line(belfryctl(folder.path() / "data", {"import", "no-such-file"}), 1,
                    "cannot read no-such-file");
    const fs::path good = folder.write("export", head + message(1, 1) + message(2, 2));
    EXPECT_EQ(belfryctl(folder.path() / "data", {"import", good.string()}).status, 0);
}

TEST(BelfryctlImport, AnAsyncLogThatWasNotEndedCleanlyBeginsANewEpoch) {
    Server server{{.durability = "async"}};
    publish(server, {"one"});
    const std::string epoch = server.status().at("log").at("epoch");
    EXPECT_TRUE(eventually([&] { return server.status().at("log").at("stored_id") == 1; }));
    server.kill_all();
    server.lose_segment();
    const fs::path file = server.folder() / "export";
    write_file(file, exported(server));
    fs::remove_all(server.data_dir());
    EXPECT_EQ(server.belfryctl({"import", file.string()}).status, 0);
    server.start();
    EXPECT_NE(server.status().at("log").at("epoch"), epoch);
    EXPECT_EQ(server.status().at("log").at("last_id"), 1);
}

// --- backup -----------------------------------------------------------------------------------

TEST(BelfryctlBackup, MadeWhileAClientFloodsIsWholeAndIsServed) {
    Server server{{.more = {"--ring-size", "1M"}, .durability = "commit"}};
    publish_many(server, 50'000, 100);
    const std::string epoch = server.status().at("log").at("epoch");
    const fs::path file = server.folder() / "backup.db";
    {
        RawClient client = server.log_in("1");
        std::uint64_t seq = 50'000;
        Process backup{{program("belfryctl"),
                        {"--data-dir", server.data_dir().string(), "backup", file.string()}}};
        while (backup.is_running()) {
            std::string bytes;
            for (int i = 0; i < 50; ++i) bytes += "SEND " + std::to_string(++seq) + " 2\r\nhi\r\n";
            client.send(bytes);
        }
        EXPECT_EQ(backup.wait(), 0) << backup.err();
        EXPECT_EQ(backup.err(), "");
        client.read_until_id(seq);
        RecordProperty("published meanwhile", std::to_string(seq - 50'000));
    }
    EXPECT_EQ(mode_of(file), 0600U);
    EXPECT_EQ(names_in(server.folder()), (Lines{"backup.db", "data", "port"}));

    EXPECT_EQ(server.stop(), 0);
    fs::remove_all(server.data_dir());
    fs::create_directory(server.data_dir());
    fs::rename(file, server.data_dir() / "belfry.db");
    const Result checked = server.belfryctl({"check"});
    EXPECT_EQ(checked.status, 0) << checked.out << checked.err;
    StoreDb store{server.data_dir()};
    const std::uint64_t last = store.number("SELECT max(id) FROM messages");
    EXPECT_GE(last, 50'000U);
    server.start();
    RawClient reader = server.connect();
    const Frame welcome = reader.log_in("2");
    EXPECT_EQ(welcome.option("epoch"), epoch);
    EXPECT_EQ(welcome.option("last"), std::to_string(last));
    EXPECT_EQ(count_verb(reader.read_until("LIVE"), "MSG"), last);
}

TEST(BelfryctlBackup, OfAStoppedAndADeadServerHoldsTheSame) {
    Server server{{.durability = "commit"}};
    publish(server, odd_texts());
    server.kill_all();
    const std::string dead = (server.folder() / "dead.db").string();
    EXPECT_EQ(server.belfryctl({"backup", dead}).status, 0);
    server.start();
    EXPECT_EQ(server.stop(), 0);
    const std::string stopped = (server.folder() / "stopped.db").string();
    EXPECT_EQ(server.belfryctl({"backup", stopped}).status, 0);
    const std::string rows = lines_of(exported(server)).back();
    for (const std::string& file : {dead, stopped}) {
        const fs::path data = server.folder() / (fs::path{file}.stem().string() + ".d");
        fs::create_directory(data);
        fs::rename(file, data / "belfry.db");
        EXPECT_EQ(lines_of(belfryctl(data, {"export"}).out).back(), rows);
    }
}

TEST(BelfryctlBackup, ReplacesNothingAndLeavesNothing) {
    const Server server{{.durability = "commit"}};
    publish(server, {"one"});
    const TempDir folder;
    const fs::path taken = folder.write("taken.db", "precious");
    expect_one_line(server.belfryctl({"backup", taken.string()}), 1, "exists already");
    EXPECT_EQ(read_file(taken), "precious");
    expect_one_line(server.belfryctl({"backup", (folder.path() / "no/such/dir").string()}), 1,
                    "cannot create");
    const fs::path wal = folder.write("other.db-wal", "of another database");
    expect_one_line(server.belfryctl({"backup", (folder.path() / "other.db").string()}), 1,
                    "other.db-wal exists");
    EXPECT_EQ(names_in(folder.path()), (Lines{"other.db-wal", "taken.db"}));
}

// --- check ------------------------------------------------------------------------------------

TEST(BelfryctlCheck, RingAndStoreAgreeUnderLoadAndRetention) {
    const Server server{
        {.more = {"--ring-size", "1M", "--keep-messages", "500"}, .durability = "commit"}};
    RawClient client = server.log_in("1");
    std::uint64_t seq = 0;
    for (int round = 0; round < 20; ++round) {
        std::string bytes;
        for (int i = 0; i < 2'000; ++i) {
            bytes += "SEND " + std::to_string(++seq) + " 10\r\n0123456789\r\n";
        }
        client.send(bytes);
        const Result result = server.belfryctl({"check"});
        EXPECT_EQ(result.status, 0) << result.out << result.err;
        EXPECT_NE(result.out.find("agrees with the segment"), std::string::npos) << result.out;
    }
    client.read_until_id(seq);
}

/// A dead server whose store is broken by SQL; what check says of it.
void expect_found(const std::string& sql, std::string_view sentence, bool also_alone) {
    Server server{{.durability = "commit"}};
    publish(server, {"one", "two", "three", "four"});
    EXPECT_TRUE(eventually(
        [&] { return StoreDb{server.data_dir()}.text("SELECT seqs_up_to FROM log") == "4"; }));
    server.kill_all();
    EXPECT_EQ(server.belfryctl({"check"}).status, 0);
    StoreDb{server.data_dir()}.run(sql);
    const Result result = server.belfryctl({"check"});
    EXPECT_EQ(result.status, 1) << sql;
    EXPECT_NE(result.out.find(sentence), std::string::npos) << sql << ": " << result.out;
    server.lose_segment();
    const Result alone = server.belfryctl({"check"});
    EXPECT_EQ(alone.status, also_alone ? 1 : 0) << sql << ": " << alone.out << alone.err;
}

TEST(BelfryctlCheck, FindsARowThatWasChanged) {
    expect_found("UPDATE messages SET body = 'tow' WHERE id = 2",
                 "message 2 differs between the store and the memory: body\n", false);
    expect_found("UPDATE messages SET sender = '2', seq = 77, time = time + 1 WHERE id = 3",
                 "message 3 differs between the store and the memory: sender, seq, time\n", false);
}

TEST(BelfryctlCheck, FindsARowThatWasDeleted) {
    expect_found("DELETE FROM messages WHERE id = 2",
                 "message 2 counts as stored, and is not in the store\n", true);
    expect_found("DELETE FROM messages WHERE id = 2", "the store has a hole", true);
    expect_found("DELETE FROM messages WHERE id = 4", "is above the store's last id 3", true);
    expect_found("DELETE FROM messages", "the store ends at 0 and once had 4", true);
}

TEST(BelfryctlCheck, FindsACursorAboveTheEndAndAnotherEpoch) {
    expect_found("UPDATE clients SET cursor = 9 WHERE id = '1'",
                 "the saved cursor of client 1 is 9, above the store's last id 4\n", true);
    expect_found("UPDATE log SET epoch = 'abc'", "the store is of the epoch abc", false);
}

TEST(BelfryctlCheck, ANameThatSomebodyElseHasWrittenIsHarmless) {
    expect_found("UPDATE clients SET cursor = 9, id = 'x' || char(27, 10, 8238) WHERE id = '1'",
                 "the saved cursor of client x????? is 9", true);
}

TEST(BelfryctlCheck, FindsAStoreThatIsGone) {
    Server server{{.durability = "commit"}};
    publish(server, {"one"});
    server.kill_all();
    for (const char* name : {"belfry.db", "belfry.db-wal", "belfry.db-shm"}) {
        fs::remove(server.data_dir() / name);
    }
    const Result result = server.belfryctl({"check"});
    EXPECT_EQ(result.status, 1);
    EXPECT_NE(result.out.find("the store is gone"), std::string::npos) << result.out;
}

TEST(BelfryctlCheck, WithoutASegmentItReadsTheWholeFile) {
    Server server{{.durability = "commit"}};
    publish_many(server, 2'000, 100);
    EXPECT_EQ(server.stop(), 0);
    const Result whole = server.belfryctl({"check"});
    EXPECT_EQ(whole.status, 0) << whole.err;
    EXPECT_EQ(whole.out, "the store is whole\n");
    {
        std::fstream file{server.data_dir() / "belfry.db", std::ios::in | std::ios::out};
        file.seekp(20 * 4096);
        file << std::string(2048, '\xee');
    }
    const Result damaged = server.belfryctl({"check"});
    EXPECT_EQ(damaged.status, 1);
    EXPECT_NE(damaged.out.find("the file is damaged"), std::string::npos)
        << damaged.out << damaged.err;
}

// --- status and remove ------------------------------------------------------------------------

TEST(BelfryctlStatus, ShowsDurabilityStoreAndArchiver) {
    Server server{{.durability = "commit"}};
    publish(server, {"one"});
    const std::string page = server.belfryctl({"status"}).out;
    for (const std::string& part :
         {std::string{"durability  commit\n"}, std::string{"store       works, messages up to 1"},
          "archiver    " + std::to_string(server.archiver()) + ", version "}) {
        EXPECT_NE(page.find(part), std::string::npos) << page;
    }
    EXPECT_EQ(server.status().at("store").at("state"), "works");
    EXPECT_EQ(server.status().at("log").at("durability"), "commit");
    server.kill_all();
    const std::string dead = server.belfryctl({"status"}).out;
    EXPECT_NE(dead.find("archiver    not running\n"), std::string::npos) << dead;
    const Server memory;
    const std::string without = memory.belfryctl({"status"}).out;
    EXPECT_NE(without.find("store       none\n"), std::string::npos) << without;
}

TEST(BelfryctlRemove, SaysHowManyMessagesWereNotStored) {
    Server server{{.durability = "async"}};
    publish(server, {"one", "two"});
    EXPECT_TRUE(eventually([&] { return server.status().at("log").at("stored_id") == 2; }));
    ::kill(server.archiver(), SIGSTOP);
    publish(server, {"three", "four", "five"});
    server.kill_all();
    const Result result = server.belfryctl({"remove"});
    expect_one_line(result, 0, "3 messages were in the segment alone");
    EXPECT_FALSE(server.segment());
    EXPECT_EQ(texts_of(server.belfryctl({"search", "o"}).out), (Lines{"one", "two"}));
}

TEST(BelfryctlRemove, SaysNothingWhereAllIsStored) {
    Server server{{.durability = "commit"}};
    publish(server, {"one"});
    server.kill_all();
    const Result result = server.belfryctl({"remove"});
    EXPECT_EQ(result.status, 0);
    EXPECT_EQ(result.err, "");
}

}  // namespace
}  // namespace belfry::test
