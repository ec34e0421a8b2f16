#pragma once

#include "tests/support/cluster.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace belfry::test {

/// One cluster for all tests of a suite, because its start takes seconds. Tests do not harm it, and
/// expect messages of earlier tests in its log.
class SharedCluster : public ::testing::Test {
  protected:
    static void SetUpTestSuite() { cluster_ = std::make_unique<Cluster>(); }

    static void TearDownTestSuite() {
        if (!cluster_) return;  // it has not started
        cluster_->wait_until_equal();
        EXPECT_EQ(cluster_->differences(), "");
        cluster_.reset();
    }

    [[nodiscard]] static Cluster& cluster() { return *cluster_; }

    [[nodiscard]] static RawClient log_in(std::size_t node, std::string_view client,
                                          std::string_view options = "") {
        cluster_->wait_until_ok(node);  // on a busy machine a node may be behind for a moment
        return cluster_->node(node).log_in(client, options);
    }

  private:
    static inline std::unique_ptr<Cluster> cluster_;
};

/// Sends a message with any seq that is not in use, and waits for its SENT. Returns its id.
inline std::uint64_t say(RawClient& client, const std::string& text) {
    client.send("SAY " + text + "\r\n");
    return client.read_until("SENT").back().number(1);
}

/// Reads up to a message, and returns its payload.
inline std::string message_at(RawClient& client, std::uint64_t id) {
    return client.read_until_id(id).back().payload;
}

/// Sends `HISTORY`, and returns the lines of the answer with the payloads after them.
inline std::vector<std::string> history(RawClient& client, std::uint64_t first,
                                        std::uint64_t count) {
    client.send("HISTORY " + std::to_string(first) + " " + std::to_string(count) + "\r\n");
    std::vector<std::string> all;
    for (const Frame& frame : client.read_until("END")) {
        all.push_back(frame.line + " " + frame.payload);
    }
    return all;
}

}  // namespace belfry::test
