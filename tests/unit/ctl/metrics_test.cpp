#include "ctl/metrics.hpp"

#include "tests/support/failure.hpp"
#include "tests/support/prometheus_text.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace belfry::test {
namespace {

std::string page(const ctl::Status& status) {
    std::ostringstream out;
    ctl::print_metrics(out, status);
    return out.str();
}

ctl::Status some_status() {
    ctl::Status status{};
    status.durability = shm::Durability::commit;
    status.last_id = 17;
    status.clients.push_back({.id = "ann", .online = true, .behind = 3, .bytes_in = 99});
    return status;
}

TEST(Metrics, AreInPrometheusTextFormat) {
    const auto values = read_prometheus_text(page(some_status()));
    EXPECT_EQ(values.at("belfry_messages_total"), 17);
    EXPECT_EQ(values.at("belfry_client_lag_messages{client=\"ann\"}"), 3);
    EXPECT_EQ(values.at("belfry_client_received_bytes_total{client=\"ann\"}"), 99);
}

TEST(Metrics, HaveNoStoreValuesWithDurabilityMemory) {
    ctl::Status status = some_status();
    status.durability = shm::Durability::memory;
    const auto values = read_prometheus_text(page(status));
    EXPECT_FALSE(values.contains("belfry_stored_id"));
}

TEST(Metrics, ANameFromAForeignSegmentCannotBreakTheFormat) {
    ctl::Status status = some_status();
    status.clients.front().id = "a\\b\"c\n\x1b[2Jd\xff";
    status.epoch = "\"} 1\nbelfry_fake 1";
    const auto values = read_prometheus_text(page(status));
    EXPECT_TRUE(values.contains(R"(belfry_client_online{client="a\\b\"c\n?[2Jd?"})"));
    EXPECT_FALSE(values.contains("belfry_fake"));
}

TEST(PrometheusText, AViolationOfTheGrammarIsFound) {
    const std::string good = "# HELP a_total b\n# TYPE a_total counter\na_total 1\n";
    EXPECT_NO_THROW(static_cast<void>(read_prometheus_text(good)));
    for (const std::string bad :
         {"a 1\n", "# TYPE a gauge\na 1\n", "# HELP a b\na 1\n",
          "# HELP a b\n# TYPE a counter\na 1\n", "# HELP a b\n# TYPE a gauge\na{x=\"1} 1\n",
          "# HELP a b\n# TYPE a gauge\na 1\na 2\n", "# HELP a b\n# TYPE a gauge\na one\n",
          "# HELP a b\n# TYPE a gauge\nb 1\n", "# HELP a b\n# TYPE a gauge\na 1"}) {
        EXPECT_THROW(static_cast<void>(read_prometheus_text(bad)), Failure) << bad;
    }
}

}  // namespace
}  // namespace belfry::test
