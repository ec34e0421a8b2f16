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

TEST(Metrics, ShowConnectionsAndTheSandbox) {
    ctl::Status status = some_status();
    status.waiting_connections = 3;
    status.refused_connections = 4;
    status.limited_connections = 5;
    status.sandbox_seccomp = true;
    status.sandbox_landlock = 2;
    const auto values = read_prometheus_text(page(status));
    EXPECT_EQ(values.at("belfry_connections_waiting"), 3);
    EXPECT_EQ(values.at("belfry_connections_refused_total"), 4);
    EXPECT_EQ(values.at("belfry_connections_limited_total"), 5);
    EXPECT_EQ(values.at("belfry_sandbox_seccomp"), 1);
    EXPECT_EQ(values.at("belfry_sandbox_landlock_version"), 2);
}

TEST(Metrics, ShowTheGateIfThereIsOne) {
    ctl::Status status = some_status();
    const std::string up = "belfry_process_up{process=\"gate\"}";
    EXPECT_FALSE(read_prometheus_text(page(status)).contains(up));
    status.gate = {.tls_port = 5001, .relays = 7, .certificate_expires_ms = 1'800'000'000'500};
    auto values = read_prometheus_text(page(status));
    EXPECT_EQ(values.at(up), 0);
    EXPECT_EQ(values.at("belfry_gate_relays"), 7);
    EXPECT_EQ(values.at("belfry_certificate_expires_timestamp_seconds"), 1'800'000'000.5);
    status.gate->pid = 4711;
    status.gate->certificate_expires_ms = 0;
    values = read_prometheus_text(page(status));
    EXPECT_EQ(values.at(up), 1);
    EXPECT_FALSE(values.contains("belfry_certificate_expires_timestamp_seconds"));
}

TEST(Metrics, NameTheTransportOfEachClientThatIsOnline) {
    ctl::Status status = some_status();
    status.clients.front().peer.transport = shm::Transport::tls;
    status.clients.push_back({.id = "bob"});
    const auto values = read_prometheus_text(page(status));
    EXPECT_EQ(values.at("belfry_client_transport{client=\"ann\",transport=\"tls\"}"), 1);
    EXPECT_FALSE(values.contains("belfry_client_transport{client=\"bob\",transport=\"tcp\"}"));
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
