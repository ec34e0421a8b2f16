#pragma once

#include "cluster/membership.hpp"
#include "cluster/settings.hpp"
#include "cluster/status.hpp"
#include "cluster/stored_log.hpp"
#include "shm/news.hpp"
#include "shm/outbox.hpp"
#include "tests/support/deadline.hpp"
#include "tests/support/memory_engine.hpp"
#include "tests/support/scratch_segment.hpp"
#include "tests/unit/cluster/written_entries.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace belfry::test {

inline constexpr std::uint64_t node_incarnation = 0xa1;
inline constexpr const char* node_incarnation_text = "00000000000000a1";

[[nodiscard]] inline shm::SegmentPlan node_plan() {
    shm::SegmentPlan plan = small_plan();
    plan.durability = shm::Durability::commit;
    plan.cluster = {.name = "belfry", .node = "a", .incarnation = node_incarnation};
    return plan;
}

/// The settings of the cluster to which node_plan() belongs.
[[nodiscard]] inline std::string node_settings() {
    return cluster::Settings{.epoch = "e", .max_payload = 8 << 10}.text();
}

/// Lines of a log, which several threads write.
class LoggedLines {
  public:
    void add(const std::string& line) {
        const std::scoped_lock guard{mutex_};
        lines_.push_back(line);
    }
    [[nodiscard]] std::vector<std::string> all() const {
        const std::scoped_lock guard{mutex_};
        return lines_;
    }
    /// Returns how many lines contain this text.
    [[nodiscard]] std::size_t count(std::string_view text) const {
        std::size_t count = 0;
        for (const std::string& line : all()) {
            if (line.find(text) != std::string::npos) ++count;
        }
        return count;
    }
    [[nodiscard]] bool has(std::string_view text) const { return count(text) != 0; }

  private:
    mutable std::mutex mutex_;
    std::vector<std::string> lines_;
};

/// The segment of node `a`, and an engine in memory that has the settings of its cluster.
class NodeTest : public ::testing::Test {
  protected:
    NodeTest() { keys_.put("settings", node_settings()); }

    [[nodiscard]] shm::Segment& segment() { return scratch_.segment(); }
    [[nodiscard]] shm::OutboxHeader& outbox() { return segment().outbox(); }
    [[nodiscard]] shm::ClusterState state() {
        return static_cast<shm::ClusterState>(segment().cluster().state.load());
    }

    /// Appends to the outbox a message of ann with a body of that size. @return its bytes
    std::string append(std::uint64_t seq, std::size_t body_bytes = 10) {
        std::string entry = written_entry(1, "ann", 7, seq, 0, std::string(body_bytes, 'x'));
        if (shm::append_entry(segment(), entry) == 0) throw Failure{"the outbox is full"};
        return entry;
    }

    /// Returns all batches, one after the other; they must follow each other without a gap.
    [[nodiscard]] std::string published() const {
        std::string bytes;
        for (const cluster::Batch& batch : keys_.batches()) {
            EXPECT_EQ(batch.key.incarnation, node_incarnation);
            EXPECT_EQ(batch.key.position, bytes.size());
            bytes += batch.bytes;
        }
        return bytes;
    }

    MemoryKeys keys_;
    MemoryEngine engine_{keys_};
    ScratchSegment scratch_{node_plan()};
    LoggedLines lines_;
    cluster::Status status_{segment(),
                            [this](LogLevel, const std::string& line) { lines_.add(line); }};
    cluster::Membership membership_;
    cluster::StoredLog stored_;
};

/// A thread that runs until the object is destroyed.
class TestThread {
  public:
    /// @param wake ends the thread's present wait
    TestThread(std::function<void(const std::stop_token&)> run, std::function<void()> wake)
        : wake_{std::move(wake)}, thread_{std::move(run)} {}
    TestThread(const TestThread&) = delete;
    TestThread& operator=(const TestThread&) = delete;
    ~TestThread() {
        thread_.request_stop();
        wake_();
    }

  private:
    std::function<void()> wake_;
    std::jthread thread_;
};

}  // namespace belfry::test
