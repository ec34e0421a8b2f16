#include "tests/support/deadline.hpp"
#include "tests/support/failure.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temp_dir.hpp"

#include <signal.h>

#include <gtest/gtest.h>

#include <filesystem>
#include <regex>
#include <string>

/// The script with which people try a cluster.
namespace belfry::test {
namespace {

constexpr Milliseconds patience{60'000};

class ClusterTry : public ::testing::Test {
  protected:
    [[nodiscard]] bool will_print(const std::string& part) const {
        return eventually([&] { return script_.out().find(part) != std::string::npos; }, patience,
                          Milliseconds{20});
    }

    /// Returns what the first group of the expression matches in the output.
    [[nodiscard]] std::string printed(const std::string& expression) const {
        const std::string out = script_.out();
        std::smatch match;
        if (!std::regex_search(out, match, std::regex{expression})) {
            throw Failure("the script has not printed " + expression + ": " + out + script_.err());
        }
        return match[1];
    }

    [[nodiscard]] Result belfry(const std::string& client, std::vector<std::string> more,
                                const Input& input = {}) const {
        const std::string servers = printed("-client_id 1 -server_ip ([0-9.:,]+)");
        std::vector<std::string> arguments{"-client_id", client, "-server_ip", servers};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return run({program("belfry"), arguments, input}, patience);
    }

    TempDir folder_;
    // A shell in the background lets its programs ignore SIGINT, which a script cannot change.
    Process script_{{.program = "/usr/bin/env",
                     .arguments = {"--default-signal=INT", source_file("cluster/try")},
                     .environment = {{"BELFRY_BIN", program("").string()},
                                     {"TMPDIR", folder_.path().string()},
                                     {"RESTART_AFTER", "1"}},
                     .death_signal = SIGINT}};
};

TEST_F(ClusterTry, StartsAClusterThatSurvivesWhatItTellsToKillAndLeavesNothingBehind) {
    ASSERT_TRUE(will_print("Ctrl-C ends everything")) << script_.out() << script_.err();
    const auto line = [this](const std::string& text) {
        const TempDir lines;
        return belfry("1", {}, Input::file(lines.write("line", text + "\n")));
    };
    EXPECT_EQ(line("hello").status, 0);
    EXPECT_EQ(belfry("2", {"--count", "1"}).out, "1: hello\n");
    const auto kill = [this](const std::string& expression) {
        ASSERT_EQ(::kill(std::stoi(printed(expression)), SIGKILL), 0);
    };
    kill("kill -9 ([0-9]+)\n +An etcd server");
    kill("kill -9 ([0-9]+)\n +The process that connects node a");
    EXPECT_EQ(line("again").status, 0);
    kill("kill -9 ([0-9]+)\n +The supervisor of node a");
    EXPECT_TRUE(will_print("etcd server 1 is started again"));
    EXPECT_TRUE(will_print("node a is started again")) << script_.out() << script_.err();
    EXPECT_EQ(belfry("3", {"--count", "2"}).out, "1: hello\n1: again\n");

    script_.signal(SIGINT);
    EXPECT_EQ(script_.wait(patience), 130);
    EXPECT_EQ(script_.err(), "");
    EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

}  // namespace
}  // namespace belfry::test
