#pragma once

#include "cluster/applied_log.hpp"
#include "cluster/apply.hpp"
#include "shm/outbox.hpp"
#include "store/cluster_writer.hpp"
#include "store/log_record.hpp"
#include "store/open_log.hpp"
#include "tests/support/scratch_segment.hpp"
#include "tests/unit/cluster/written_entries.hpp"
#include "tests/unit/store/scratch_store.hpp"
#include "wire/record.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace belfry::test {

inline constexpr std::uint64_t own_incarnation = 0xa1;

[[nodiscard]] inline shm::SegmentPlan cluster_plan(std::uint64_t last_id = 0) {
    shm::SegmentPlan plan = small_plan();
    plan.durability = shm::Durability::commit;
    plan.last_id = last_id;
    plan.cluster = {.name = "belfry", .node = "a", .incarnation = own_incarnation};
    return plan;
}

/// What a replica does with the batches of the log: applies them, stores them, and shows them.
class TestReplica {
  public:
    TestReplica(shm::Segment& segment, const std::filesystem::path& dir,
                std::vector<std::string>& said)
        : segment_{segment},
          dir_{dir},
          lock_{store::StoreLock::take(dir)},
          writer_{segment, dir, lock_, [&said](const std::string& line) { said.push_back(line); }},
          log_{segment, [&said](const std::string& line) { said.push_back(line); }} {}

    void start() {
        state_ = cluster::state_of(writer_.start());
        store::StoreReader reader{dir_};
        log_.start(state_, reader);
    }

    cluster::Verdict apply(cluster::Batch batch) {
        batches_.push_back(std::move(batch));
        return cluster::apply(state_, batches_.back(), segment_.geometry().max_payload, changes_);
    }
    void commit() { writer_.commit(cluster::step_of(state_, changes_)); }
    void publish() {
        log_.publish(state_, changes_);
        changes_ = {};
        batches_.clear();
    }

    /// Does all of this with one batch.
    cluster::Verdict take(cluster::Batch batch) {
        const cluster::Verdict verdict = apply(std::move(batch));
        commit();
        publish();
        return verdict;
    }

    [[nodiscard]] const cluster::State& state() const { return state_; }
    [[nodiscard]] store::ClusterWriter& writer() { return writer_; }
    [[nodiscard]] cluster::AppliedLog& log() { return log_; }

  private:
    shm::Segment& segment_;
    std::filesystem::path dir_;
    store::StoreLock lock_;
    store::ClusterWriter writer_;
    cluster::AppliedLog log_;
    cluster::State state_;
    cluster::Changes changes_;
    std::deque<cluster::Batch> batches_;
};

/// The segment and the store of a node of a cluster.
class ClusterTest : public ::testing::Test {
  protected:
    ClusterTest() {
        store::enter_cluster(dir(), "belfry", "e");
        start();
    }
    void TearDown() override {
        EXPECT_EQ(shm::broken_invariants(segment(), &wire::is_record), std::vector<std::string>{});
    }

    [[nodiscard]] shm::Segment& segment() { return scratch_.segment(); }
    [[nodiscard]] shm::LogHeader& log() { return scratch_.log(); }
    [[nodiscard]] const std::filesystem::path& dir() const { return scratch_.data_dir(); }

    /// Starts a replica, in the place of the one that runs.
    void start() {
        replica_.reset();
        replica_.emplace(segment(), dir(), said_);
        replica_->start();
    }
    /// Appends to the outbox of the segment what it lacks of a_.
    void fill_outbox() {
        const std::string rest = a_.bytes().substr(segment().outbox().end);
        if (shm::append_entry(segment(), rest) == 0) throw Failure{"the outbox is full"};
    }
    void expect_applied(WrittenOutbox& outbox) {
        fill_outbox();
        EXPECT_EQ(replica_->take(outbox.next_batch(++revision_)), cluster::Verdict::applied);
    }

    [[nodiscard]] std::uint32_t row_of(std::string_view client) {
        return *shm::find_row(segment(), client);
    }
    [[nodiscard]] shm::ClientRow& row(std::string_view client) {
        return segment().client(row_of(client));
    }

    /// Returns the messages of the ring as the store would have them.
    [[nodiscard]] std::vector<KeptMessage> ring() {
        std::vector<KeptMessage> messages;
        shm::LogReader reader{segment(), 1 << 20};
        for (std::uint64_t id = log().first_id; id <= log().last_id;) {
            shm::Chunk chunk;
            if (reader.read(id, log().last_id, shm::LogReader::no_row, chunk) !=
                shm::LogReader::Result::copied) {
                throw Failure{"the ring cannot be read"};
            }
            for (; id <= chunk.last_id; ++id) {
                const auto message =
                    store::message_in(chunk, shm::index_entry(segment(), chunk, id));
                if (!message) throw Failure{"a record is damaged"};
                messages.push_back({message->id, std::string{message->sender}, message->seq,
                                    message->time_ms, std::string{message->body}});
            }
        }
        return messages;
    }
    [[nodiscard]] std::vector<KeptMessage> stored() const {
        store::StoreReader reader{dir()};
        std::vector<KeptMessage> kept;
        static_cast<void>(reader.read(reader.first_id(), shm::max_id, ScratchStore::keep_in(kept)));
        return kept;
    }

    ScratchSegment scratch_{cluster_plan()};
    std::vector<std::string> said_;
    std::optional<TestReplica> replica_;
    WrittenOutbox a_{"a", own_incarnation};
    WrittenOutbox b_{"b", 0xb1};
    std::int64_t revision_ = 0;
};

}  // namespace belfry::test
