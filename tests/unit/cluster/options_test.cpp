#include "cluster/options.hpp"

#include "cli/command_line.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace belfry::test {
namespace {

using cluster::Options;

/// What every command needs.
const std::vector<std::string> needed{"--data-dir", "d", "--cluster", "http://a:1,http://b:2",
                                      "--node",     "n"};

std::vector<std::string> with(std::string command, const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments{std::move(command)};
    arguments.insert(arguments.end(), needed.begin(), needed.end());
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
}

std::string refusal_of(const std::vector<std::string>& arguments) {
    try {
        static_cast<void>(cluster::read_options(arguments));
        return "";
    } catch (const cli::UsageError& error) {
        return error.what();
    }
}

TEST(ReplicaOptions, NameTheEngineAndTheNode) {
    const auto options = cluster::read_options(
        with("run", {"--generation", "7", "--cluster-name", "chat", "--node-address", "h:5000",
                     "--cluster-cert", "c", "--cluster-key", "k", "--cluster-ca", "ca",
                     "--cluster-user-file", "u", "--log-level", "debug", "--log-format", "json"}));
    ASSERT_TRUE(options);
    EXPECT_EQ(options->command, Options::Command::run);
    EXPECT_EQ(options->data_dir, "d");
    EXPECT_EQ(options->generation, 7U);
    EXPECT_EQ(options->node, "n");
    EXPECT_EQ(options->address, "h:5000");
    EXPECT_EQ(options->engine.urls, (std::vector<std::string>{"http://a:1", "http://b:2"}));
    EXPECT_EQ(options->engine.cluster, "chat");
    EXPECT_EQ(options->engine.certificate, "c");
    EXPECT_EQ(options->engine.key, "k");
    EXPECT_EQ(options->engine.authorities, "ca");
    EXPECT_EQ(options->engine.user_file, "u");
    EXPECT_EQ(options->log_level, LogLevel::debug);
    EXPECT_EQ(options->log_format, LogFormat::json);
}

TEST(ReplicaOptions, AreTheSameForTheOtherCommands) {
    EXPECT_EQ(cluster::read_options(with("join", {"--max-payload", "99"}))->max_payload, 99U);
    EXPECT_TRUE(cluster::read_options(with("check", {"--json"}))->json);
    EXPECT_TRUE(cluster::read_options(with("reseed", {"--force"}))->force);
}

TEST(ReplicaOptions, MistakesAreNamed) {
    EXPECT_EQ(refusal_of({}), "a command is missing: run, join, check or reseed");
    EXPECT_EQ(refusal_of(with("walk")), "unknown command 'walk'");
    EXPECT_EQ(refusal_of(with("run")), "option --generation is missing");
    EXPECT_EQ(refusal_of({"join", "--data-dir", "d"}), "option --cluster is missing");
    EXPECT_NE(refusal_of(with("join", {"--max-payload", "1048577"})), "");
    EXPECT_EQ(refusal_of(with("check", {"--log-level", "loud"})),
              "--log-level must be error, warning, info or debug");
}

}  // namespace
}  // namespace belfry::test
