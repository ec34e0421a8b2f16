#include "tests/support/server.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

/// Nodes of a cluster that cannot start, and what belfryctl refuses without a cluster. No etcd
/// runs.
namespace belfry::test {
namespace {

using Words = std::vector<std::string>;

/// Nobody listens on this port.
const std::string no_engine = "http://127.0.0.1:1";

Words options_of_node(const TempDir& folder) {
    return {"-client_ids", "1",       "-port",  "0", "-data_dir", (folder.path() / "data").string(),
            "--cluster",   no_engine, "--node", "a"};
}

Result belfryctl(const TempDir& folder, Words words) {
    words.insert(words.begin(), {"--data-dir", (folder.path() / "data").string()});
    return run({program("belfryctl"), words});
}

TEST(ClusterStart, WithoutAnEngineFailsWithOneLineAndLeavesNoSegment) {
    const TempDir folder;
    const Result result = run({program("belfryd"), options_of_node(folder)}, Milliseconds{40'000});
    EXPECT_EQ(result.status, 1);
    EXPECT_EQ(result.out, "");
    EXPECT_EQ(lines_of(result.err).size(), 1U) << result.err;
    EXPECT_EQ(result.err.find("belfry-replica: "), 0U) << result.err;
    EXPECT_EQ(belfryctl(folder, {"status"}).err.find("belfryctl: no server segment in "), 0U);
}

TEST(ClusterStart, NeedsTheReplicaBesideBelfryd) {
    const TempDir folder;
    const auto copy = folder.path() / "belfryd";
    std::filesystem::copy(program("belfryd"), copy);
    for (const bool is_check : {false, true}) {
        Words words = options_of_node(folder);
        if (is_check) words.emplace_back("--check");
        const Result result = run({copy, words});
        EXPECT_EQ(result.status, 2);
        EXPECT_EQ(result.err, "belfryd: --cluster needs the program " +
                                  (folder.path() / "belfry-replica").string() +
                                  " (package belfry-cluster): No such file or directory\n");
    }
}

TEST(ClusterStart, IsCheckedWithoutAnEngine) {
    const TempDir folder;
    Words words = options_of_node(folder);
    words.emplace_back("--check");
    const Result result = run({program("belfryd"), words});
    EXPECT_EQ(result.status, 0);
    EXPECT_EQ(result.out, "configuration OK\n");
    EXPECT_FALSE(std::filesystem::exists(folder.path() / "data"));
}

TEST(ClusterStart, CannotContinueTheSegmentOfASingleNode) {
    Server server{{.durability = "commit"}};
    server.kill_supervisor();
    Invocation command = server.command();
    command.arguments.insert(command.arguments.end(), {"--cluster", no_engine, "--node", "a"});
    const Result result = run(command);
    EXPECT_EQ(result.status, 1);
    EXPECT_NE(result.err.find("is that of a single node; stop its server before"),
              std::string::npos)
        << result.err;
    server.start();
}

TEST(ClusterCommands, AreRefusedOnASingleNode) {
    const Server server;
    for (const Words& words : std::vector<Words>{
             {"cluster", "status"}, {"check", "--cluster"}, {"cluster", "reseed", "--force"}}) {
        const Result result = server.belfryctl(words);
        EXPECT_EQ(result.status, 1);
        EXPECT_EQ(lines_of(result.err).size(), 1U) << result.err;
        EXPECT_NE(result.err.find(" is not a node of a cluster"), std::string::npos) << result.err;
    }
}

}  // namespace
}  // namespace belfry::test
