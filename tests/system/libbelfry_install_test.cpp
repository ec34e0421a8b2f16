#include "tests/support/server.hpp"
#include "tests/support/temp_dir.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <string>

/// What a stranger gets of libbelfry: headers, libraries, belfry.pc and symbols.
namespace belfry::test {
namespace {

std::string text_of(const std::filesystem::path& path) {
    std::ifstream file{path};
    return {std::istreambuf_iterator<char>{file}, {}};
}

std::string shell(const std::string& command) {
    const Result result = run({"/bin/sh", {"-ec", command}}, Milliseconds{120'000});
    EXPECT_EQ(result.status, 0) << command << "\n" << result.err;
    return result.out;
}

class LibbelfryInstalled : public ::testing::Test {
  protected:
    LibbelfryInstalled() {
        shell(source_file("packaging/install_library").string() + " " + libraries() + " " + root() +
              " /usr /usr/lib 0.1.0");
    }

    static std::string libraries() { return beside_test_program("../lib").string(); }
    std::string root() const { return folder.path().string(); }

    /// Compiles a program with what pkg-config says, and returns its path.
    std::string compiled(const std::string& compiler, const std::string& name,
                         const std::string& source, const std::string& how = "") {
        const std::string file = folder.write(name, source).string();
        const std::string program = root() + "/" + name + ".out";
        shell("export PKG_CONFIG_PATH=" + root() + "/usr/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=" +
              root() + " PKG_CONFIG_ALLOW_SYSTEM_CFLAGS=1 PKG_CONFIG_ALLOW_SYSTEM_LIBS=1\n" +
              compiler + " -Wall -Wextra -Werror -pedantic " + file + " $(pkg-config --cflags " +
              how + " belfry) $(pkg-config --libs " + how + " belfry) -o " + program);
        return program;
    }

    Result run_with(const Server& server, const std::string& program) const {
        return run({.program = program,
                    .arguments = {"tcp://127.0.0.1:" + std::to_string(server.port())},
                    .environment = {{"LD_LIBRARY_PATH", root() + "/usr/lib"}}});
    }

    TempDir folder;
};

constexpr auto cpp_program = R"(#include <belfry/client.hpp>
#include <iostream>
int main(int, char** argv) {
    auto client = belfry::Client::open({.id = "1", .servers = {argv[1]}});
    if (!client) return 1;
    client->send("hello", [](const auto& outcome) { std::cout << outcome->id << '\n'; });
    return client->settle(std::chrono::seconds{20}) ? 0 : 1;
}
)";

constexpr auto c_program = R"(#include <belfry.h>
#include <stdio.h>
#include <string.h>
static void on_sent(uint64_t seq, uint64_t id, const char* code, const char* text, void* context) {
    (void)text;
    printf("%s %d %d %s\n", (const char*)context, (int)seq, (int)id, code == NULL ? "ok" : code);
}
static void on_user(const char* id, int online, uint64_t cursor, void* context) {
    (void)cursor;
    (void)context;
    printf("%s %d\n", id, online);
}
static void on_past(const belfry_message* message, void* context) {
    (void)context;
    printf("%d %s %.*s\n", (int)message->id, message->sender, (int)message->size, message->payload);
}
int main(int argc, char** argv) {
    char name[] = "hello";
    belfry_message message;
    belfry_client* wrong = belfry_open("a b", argv[1], NULL, NULL);
    belfry_client* client = belfry_open_with("1", argv[1], NULL, NULL, BELFRY_ACK_MANUAL);
    (void)argc;
    printf("%s %d\n", belfry_error_code(wrong), belfry_get_state(wrong) == BELFRY_STOPPED);
    belfry_free(wrong);
    belfry_send(client, "hello", 5, on_sent, name);
    if (belfry_settle(client, 20000) != BELFRY_OK) return 1;
    if (belfry_receive(client, 20000, &message) != BELFRY_OK) return 2;
    printf("from %s: %.*s\n", message.sender, (int)message.size, message.payload);
    belfry_ack(client, message.id);
    if (belfry_receive(client, 1, &message) != BELFRY_TIMED_OUT) return 3;
    printf("%s: %s\n", belfry_error_code(client), belfry_error_text(client));
    if (belfry_history(client, 1, 10, 20000, on_past, NULL) != BELFRY_OK) return 4;
    if (belfry_who(client, 20000, on_user, NULL) != BELFRY_OK) return 5;
    belfry_close(client, 20000);
    printf("%s\n", belfry_error_code(client));
    belfry_free(client);
    return strcmp(belfry_version(), "0.1.0");
}
)";

TEST_F(LibbelfryInstalled, AProgramIsCompiledWithPkgConfig) {
    const Server server;
    const Result shared = run_with(server, compiled("g++ -std=c++20", "shared.cpp", cpp_program));
    EXPECT_EQ(shared.out, "1\n") << shared.err;
    const std::string linked = shell("ldd " + root() + "/shared.cpp.out");
    EXPECT_NE(linked.find("libbelfry.so.1"), std::string::npos) << linked;
    // A static library of libssl is not needed for this.
    const std::string archive = root() + "/usr/lib/libbelfry.so";
    std::filesystem::remove(archive);
    const Result with_archive =
        run_with(server, compiled("g++ -std=c++20", "static.cpp", cpp_program, "--static"));
    EXPECT_EQ(with_archive.out, "2\n") << with_archive.err;
}

TEST_F(LibbelfryInstalled, AProgramInCUsesTheSameServer) {
    const Server server;
    RawClient other = server.log_in("2");
    other.send_message(1, "good day");
    other.expect("SENT 1 1");
    const Result result = run_with(server, compiled("gcc -std=c99", "program.c", c_program));
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_EQ(result.out,
              "bad-option 1\nhello 1 2 ok\nfrom 2: good day\ntimed-out: no message in time\n"
              "1 2 good day\n2 1 hello\n1 1\n2 1\n3 0\nclosed\n");
}

TEST_F(LibbelfryInstalled, TheHeadersIncludeOnlyWhatTheCompilerBrings) {
    for (const char* header : {"belfry/client.hpp", "belfry.h"}) {
        const std::string text = text_of(root() + "/usr/include/" + header);
        ASSERT_FALSE(text.empty());
        for (const auto& line : lines_of(text)) {
            if (!line.starts_with("#include")) continue;
            EXPECT_EQ(line.find('/'), std::string::npos) << line;
            EXPECT_NE(line.find('<'), std::string::npos) << line;
        }
    }
}

// Returns the names of functions that a header declares for export.
std::set<std::string> declared_in_c() {
    const std::string text = text_of(source_file("belfry/belfry.h"));
    std::set<std::string> names;
    for (std::size_t at = 0; (at = text.find("\nBELFRY_API ", at)) != std::string::npos; ++at) {
        const std::size_t end = text.find('(', at);
        const std::size_t begin = text.find_last_of(" *", end) + 1;
        names.insert(text.substr(begin, end - begin));
    }
    return names;
}

TEST_F(LibbelfryInstalled, OnlyThePublicSymbolsAreExportedWithTheVersionOfTheScript) {
    const std::string symbols =
        shell("nm -DC --defined-only " + libraries() + "/libbelfry.so.1 | cut -c18-");
    std::set<std::string> in_c;
    std::set<std::string> in_cpp;
    for (const auto& line : lines_of(symbols)) {
        if (line == "A BELFRY_1") continue;
        ASSERT_TRUE(line.starts_with("T ")) << line;
        ASSERT_TRUE(line.ends_with("@@BELFRY_1")) << line;
        const std::string name = line.substr(2, line.find_first_of("(@") - 2);
        (name.starts_with("belfry_") ? in_c : in_cpp).insert(name);
    }
    EXPECT_EQ(in_c, declared_in_c());
    // Each name of the script is there, and nothing else.
    std::set<std::string> in_script;
    for (const auto& line : lines_of(text_of(source_file("client/libbelfry.map")))) {
        const std::size_t begin = line.find("belfry::");
        if (begin == std::string::npos) continue;
        in_script.insert(line.substr(begin, line.find_first_of("(*;", begin) - begin));
    }
    for (const auto& name : in_script) {
        const auto is_it = [&](const std::string& symbol) { return symbol.starts_with(name); };
        EXPECT_TRUE(std::any_of(in_cpp.begin(), in_cpp.end(), is_it)) << name;
    }
    for (const auto& symbol : in_cpp) {
        const auto is_it = [&](const std::string& name) { return symbol.starts_with(name); };
        EXPECT_TRUE(std::any_of(in_script.begin(), in_script.end(), is_it)) << symbol;
    }
}

}  // namespace
}  // namespace belfry::test
