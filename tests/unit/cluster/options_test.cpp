#include "cluster/options.hpp"

#include "cli/command_line.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace belfry::test {
namespace {

using Words = std::vector<std::string>;

cluster::Options read(Words words, const Words& more = {"--node", "a"}) {
    words.insert(words.end(), {"--data-dir", "d", "--cluster", "http://e1:2379,http://e2:2379"});
    words.insert(words.end(), more.begin(), more.end());
    return cluster::read_options(words).value();
}

TEST(ReplicaOptions, AreReadAsBelfrydPassesThem) {
    const cluster::Options options =
        read({"run", "--generation", "7", "--log-level", "debug", "--log-format", "json"},
             {"--cluster-name", "chat", "--node", "a", "--node-address", "h:1"});
    EXPECT_EQ(options.command, cluster::Options::Command::run);
    EXPECT_EQ(options.data_dir, "d");
    EXPECT_EQ(options.generation, 7U);
    EXPECT_EQ(options.log_level, LogLevel::debug);
    EXPECT_EQ(options.log_format, LogFormat::json);
    EXPECT_EQ(options.engine.urls, (Words{"http://e1:2379", "http://e2:2379"}));
    EXPECT_EQ(options.engine.cluster, "chat");
    EXPECT_EQ(options.node, "a");
    EXPECT_EQ(options.address, "h:1");
}

TEST(ReplicaOptions, NeedTheGenerationToRun) {
    EXPECT_THROW(read({"run"}), cli::UsageError);
    EXPECT_THROW(read({"run", "--generation", "x"}), cli::UsageError);
    EXPECT_EQ(read({"join", "--max-payload", "1024"}).max_payload, 1024U);
}

TEST(ReplicaOptions, NameOneKnownCommand) {
    EXPECT_EQ(read({"check", "--json"}).command, cluster::Options::Command::check);
    EXPECT_TRUE(read({"reseed", "--force"}).force);
    EXPECT_EQ(read({"add", "n4"}).added, "n4");
    for (const Words& words : std::vector<Words>{
             {}, {"walk"}, {"join", "check"}, {"add"}, {"add", "n 4"}, {"add", "n4", "n5"}}) {
        EXPECT_THROW(read(words), cli::UsageError);
    }
    EXPECT_THROW(read({"join"}, {}), cli::UsageError) << "--node is missing";
}

}  // namespace
}  // namespace belfry::test
