#include "server/options.hpp"

#include "cli/command_line.hpp"
#include "tests/support/temp_dir.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace belfry::test {
namespace {

using Words = std::vector<const char*>;

server::Options options_of(const Words& words) {
    return server::read_options({words.begin(), words.end()}).value();
}

/// Returns the error message for these options, which are added to valid ones; empty if there is
/// none.
std::string complaint(Words words) {
    words.insert(words.begin(), {"-client_ids", "1,2"});
    try {
        (void)options_of(words);
    } catch (const cli::UsageError& error) {
        return error.what();
    }
    return "";
}

/// Expects that the value is refused with an error of one line that names the option and the value.
void expect_refused(const char* option, const char* value) {
    const std::string text = complaint({option, value});
    EXPECT_NE(text.find(option), std::string::npos) << option << ' ' << value << ": " << text;
    EXPECT_NE(text.find(value), std::string::npos) << option << ' ' << value << ": " << text;
    EXPECT_EQ(text.find('\n'), std::string::npos) << text;
}

TEST(BelfrydOptions, HaveDefaults) {
    const server::Options options = options_of({"-client_ids", "1,2,3"});
    EXPECT_EQ(options.client_ids, (std::vector<std::string>{"1", "2", "3"}));
    EXPECT_EQ(options.listen, "127.0.0.1");
    EXPECT_EQ(options.port, 5000);
    EXPECT_FALSE(options.port_file);
    EXPECT_EQ(options.data_dir, "belfry-data");
    EXPECT_EQ(options.durability, shm::Durability::commit);
    EXPECT_EQ(options.ring_bytes, 64ULL << 20);
    EXPECT_EQ(options.max_clients, 1024U);
    EXPECT_EQ(options.max_payload, 64U << 10);
    EXPECT_FALSE(options.check);
}

TEST(BelfrydOptions, AreReadAsGiven) {
    const server::Options options =
        options_of({"--client-ids=a.B_c-9", "--port", "0", "--port-file", "p", "-listen", "::1",
                    "-data_dir", "d", "--durability", "memory", "--ring-size", "1G",
                    "--max-clients", "1", "--max-payload", "16M", "--check"});
    EXPECT_EQ(options.client_ids, std::vector<std::string>{"a.B_c-9"});
    EXPECT_EQ(options.listen, "::1");
    EXPECT_EQ(options.port, 0);
    EXPECT_EQ(options.port_file, "p");
    EXPECT_EQ(options.data_dir, "d");
    EXPECT_EQ(options.ring_bytes, 1ULL << 30);
    EXPECT_EQ(options.max_clients, 1U);
    EXPECT_EQ(options.max_payload, 16U << 20);
    EXPECT_TRUE(options.check);
}

TEST(BelfrydOptions, AcceptEveryDurability) {
    for (const auto& [word, durability] :
         {std::pair{"commit", shm::Durability::commit}, std::pair{"async", shm::Durability::async},
          std::pair{"memory", shm::Durability::memory}}) {
        EXPECT_EQ(options_of({"-client_ids", "1", "--durability", word}).durability, durability);
    }
}

TEST(BelfrydOptions, SetTheRetentionLimits) {
    const server::Options options =
        options_of({"-client_ids", "1", "--keep-messages", "100", "--keep_days", "7"});
    EXPECT_EQ(options.keep_messages, 100U);
    EXPECT_EQ(options.keep_days, 7U);
    for (const char* wrong : {"0", "-1", "x", ""}) {
        EXPECT_NE(complaint({"--keep-messages", wrong}), "") << wrong;
        EXPECT_NE(complaint({"--keep-days", wrong}), "") << wrong;
    }
    EXPECT_NE(complaint({"--keep-days", "7", "--durability", "memory"}), "");
}

TEST(BelfrydOptions, AreReadFromAFileToo) {
    const TempDir directory;
    const auto file = directory.write("config", "client_ids = x,y\nport = 7\n");
    const server::Options options = options_of({"--config", file.c_str(), "--port", "8"});
    EXPECT_EQ(options.client_ids, (std::vector<std::string>{"x", "y"}));
    EXPECT_EQ(options.port, 8);
}

TEST(BelfrydOptions, NeedClientIds) {
    EXPECT_THROW(options_of({}), cli::UsageError);
}

TEST(BelfrydOptions, RefuseInvalidClientIds) {
    for (const char* ids : {"", ",", "1,", ",1", "1,,2", "1, 2", "a/b", "1,2,1",
                            "123456789012345678901234567890123"}) {
        EXPECT_THROW(options_of({"--client-ids", ids}), cli::UsageError) << ids;
    }
}

TEST(BelfrydOptions, RefuseInvalidValues) {
    for (const char* port : {"-1", "65536", "x", "5000x", "0x10", "99999999999999999999"}) {
        expect_refused("--port", port);
    }
    for (const char* address : {"localhost", "1.2.3", "1.2.3.4.5", "::1::"}) {
        expect_refused("--listen", address);
    }
    expect_refused("--durability", "tape");
    for (const char* size : {"0", "1K", "65535", "2048G", "64Q", "M"}) {
        expect_refused("--ring-size", size);
    }
    for (const char* clients : {"0", "100001", "many"}) expect_refused("--max-clients", clients);
    for (const char* payload : {"0", "17M", "x"}) expect_refused("--max-payload", payload);
}

TEST(BelfrydOptions, RefuseEmptyValues) {
    EXPECT_NE(complaint({"--port="}), "");
    EXPECT_NE(complaint({"--data-dir", ""}), "");
    EXPECT_NE(complaint({"--listen", ""}), "");
}

TEST(BelfrydOptions, LimitThePayloadToAnEighthOfTheRing) {
    EXPECT_EQ(complaint({"--ring-size", "64K", "--max-payload", "8K"}), "");
    EXPECT_NE(complaint({"--ring-size", "64K", "--max-payload", "8193"}), "");
    EXPECT_NE(complaint({"--ring-size", "64K"}), "") << "the default payload is too large for it";
}

TEST(BelfrydOptions, RefusePositionalArguments) {
    EXPECT_EQ(complaint({"hello"}), "unexpected argument 'hello'");
}

TEST(BelfrydOptions, RefuseUnknownOptions) {
    EXPECT_EQ(complaint({"--colour", "red"}), "unknown option --colour");
}

TEST(BelfrydOptions, PrintHelpAndVersion) {
    for (const char* option : {"-help", "--version"}) {
        const Words words{option};
        ::testing::internal::CaptureStdout();
        EXPECT_FALSE(server::read_options({words.begin(), words.end()}));
        EXPECT_NE(::testing::internal::GetCapturedStdout().find("belfryd"), std::string::npos);
    }
}

}  // namespace
}  // namespace belfry::test
