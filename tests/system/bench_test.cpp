#include "tests/support/process.hpp"
#include "tests/support/temp_dir.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>
#include <vector>

/// The benchmarks run to their end and write all figures, if `make bench` has built them. Their
/// results are not asserted.
namespace belfry::test {
namespace {

class Bench : public testing::Test {
  protected:
    void SetUp() override {
        for (const char* const name : {"fanout", "idle", "flood"}) {
            if (!std::filesystem::exists(bench(name))) GTEST_SKIP() << "not built";
        }
    }

    static std::filesystem::path bench(const std::string& name) {
        return beside_test_program("../bench/" + name);
    }

    /// Runs a benchmark with --quick, and returns the figures that it has written.
    nlohmann::json figures_of(const std::string& name, std::vector<std::string> arguments) {
        for (const std::string& argument : {std::string{"--quick"}, std::string{"--dir"}, dir(),
                                            std::string{"--results"}, dir()}) {
            arguments.push_back(argument);
        }
        const Result result = run({bench(name), arguments}, Milliseconds{60'000});
        EXPECT_EQ(result.status, 0) << result.out << result.err;
        EXPECT_EQ(result.err, "");
        EXPECT_NE(read_file(dir_.path() / (name + ".md")).find("| Belfry |"), std::string::npos);
        return nlohmann::json::parse(read_file(dir_.path() / (name + ".json"))).at("figures");
    }

    [[nodiscard]] std::string dir() const { return dir_.path().string(); }

  private:
    TempDir dir_;
};

/// Tells whether so little may be measured in a short run, or wanted, that it is nothing.
bool may_be_zero(const std::string& group) {
    return group == "tls-generator-user" || group == "flood-failed" || group == "flood-processes";
}

/// Returns the groups of the figures, each once, in their order. Checks that no value is missing.
std::vector<std::string> groups_in(const nlohmann::json& figures, std::size_t contestants) {
    std::vector<std::string> groups;
    for (const auto& figure : figures) {
        const auto group = figure.at("group").get<std::string>();
        if (groups.empty() || groups.back() != group) groups.push_back(group);
        EXPECT_EQ(figure.at("series").size(), contestants) << figure.dump();
        for (const auto& series : figure.at("series")) {
            EXPECT_EQ(series.at("values").size(), 1U) << figure.dump();
            const auto median = series.at("median").get<double>();
            EXPECT_TRUE(may_be_zero(group) ? median >= 0 : median > 0) << figure.dump();
        }
    }
    return groups;
}

TEST_F(Bench, FanoutReachesAllSubscribersOfBelfryAndOfTheBareServers) {
    const auto figures = figures_of("fanout", {"--peers", "belfry,raw,relay", "--subscribers", "3",
                                               "--sizes", "64", "--only", "throughput"});
    EXPECT_EQ(groups_in(figures, 3), (std::vector<std::string>{"deliveries", "cpu", "generator"}));
}

TEST_F(Bench, FanoutMeasuresTheTimeOfEachDelivery) {
    const auto figures = figures_of(
        "fanout", {"--peers", "belfry,raw,relay", "--subscribers", "3", "--only", "latency"});
    EXPECT_EQ(groups_in(figures, 3), (std::vector<std::string>{"latency-p50", "latency-p99"}));
}

TEST_F(Bench, FanoutReachesAllSubscribersOverTls) {
    const auto figures =
        figures_of("fanout", {"--peers", "belfry", "--subscribers", "3", "--only", "tls"});
    EXPECT_EQ(groups_in(figures, 2),
              (std::vector<std::string>{"tls-deliveries", "tls-cpu", "tls-generator",
                                        "tls-generator-user", "tls-latency-p50"}));
}

TEST_F(Bench, FloodMeasuresLoginsDuringEachAttack) {
    const auto figures = figures_of("flood", {});
    const auto is_of_failed = [](const auto& figure) {
        return figure.at("group") == "flood-failed";
    };
    EXPECT_EQ(std::ranges::count_if(figures, is_of_failed), 10);
    EXPECT_FALSE(groups_in(figures, 1).empty());
    for (const auto& figure : figures) {
        if (!is_of_failed(figure)) continue;
        EXPECT_EQ(figure.at("series").front().at("median"), 0) << figure;
    }
}

TEST_F(Bench, IdleMeasuresLoginsOneByOneAndAllAtOnce) {
    const auto figures = figures_of("idle", {"--only", "logins"});
    EXPECT_EQ(groups_in(figures, 1), std::vector<std::string>{"logins"});
    EXPECT_EQ(figures.size(), 2U);
}

}  // namespace
}  // namespace belfry::test
