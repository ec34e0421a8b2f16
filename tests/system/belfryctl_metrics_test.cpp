#include "tests/support/prometheus_text.hpp"
#include "tests/support/server.hpp"

#include <gtest/gtest.h>

/// `belfryctl metrics`, which a monitoring system reads.
namespace belfry::test {
namespace {

TEST(MetricsCommand, PrintsThePrometheusTextFormat) {
    const Server server{{.durability = "commit"}};
    RawClient one = server.log_in("1");
    one.send("SAY one\r\nSAY two\r\n");
    one.read_until_id(2);
    const Result result = server.belfryctl({"metrics"});
    EXPECT_EQ(result.status, 0) << result.err;
    const auto values = read_prometheus_text(result.out);
    EXPECT_EQ(values.at("belfry_messages_total"), 2);
    EXPECT_EQ(values.at("belfry_stored_id"), 2);
    EXPECT_EQ(values.at("belfry_sessions_online"), 1);
    EXPECT_EQ(values.at("belfry_process_up{process=\"archiver\"}"), 1);
    EXPECT_EQ(values.at("belfry_client_lag_messages{client=\"2\"}"), 2);
    EXPECT_GT(values.at("belfry_client_received_bytes_total{client=\"1\"}"), 0);
}

}  // namespace
}  // namespace belfry::test
