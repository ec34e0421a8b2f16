#include "tests/support/forked_child.hpp"
#include "tests/unit/cluster/applying_node.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <iostream>
#include <random>
#include <string>
#include <thread>
#include <vector>

/// A replica is killed at every step, and at random moments. The next one continues from the store.
namespace belfry::test {
namespace {

using Messages = std::vector<KeptMessage>;

/// Where a replica dies.
enum class Death { before_commit, after_commit, after_publish };

class KilledReplica : public ClusterTest {
  protected:
    KilledReplica() {
        replica_.reset();
        write_log();
        fill_outbox();
    }

    /// Two nodes, whose clients write, log in at the other node, and acknowledge.
    void write_log() {
        std::uint64_t seq = 0;
        std::uint64_t login = 1;
        a_.login("ann", login);
        b_.login("bob", 100);
        b_.login("zoe", 200);
        while (batches_.size() < 24) {
            WrittenOutbox& here = login % 2 == 1 ? a_ : b_;
            for (int count = 0; count < 3; ++count) {
                ++seq;
                here.message("ann", login, seq, std::string(500, 'x') + std::to_string(seq));
                b_.message("bob", 100, seq, "of bob");
            }
            b_.message("zoe", 200, seq, "of somebody who is not known here");
            here.cursor("ann", login, seq);
            if (batches_.size() > 10) a_.trim(seq);
            batches_.push_back(a_.next_batch(++revision_));
            batches_.push_back(b_.next_batch(++revision_));
            WrittenOutbox& there = login % 2 == 1 ? b_ : a_;
            there.login("ann", login + 1, login);
            ++login;
        }
    }

    /// Runs a replica until it dies at a batch; without a batch, to the end of the log.
    int run(std::int64_t last_revision, Death death) {
        std::vector<std::string> said;
        TestReplica replica{segment(), dir(), said};
        replica.start();
        const std::int64_t stored = replica.state().position.revision;
        for (const cluster::Batch& batch : batches_) {
            if (batch.key.revision <= stored) continue;
            const bool is_last = batch.key.revision == last_revision;
            if (replica.apply(batch) != cluster::Verdict::applied) return 1;
            if (is_last && death == Death::before_commit) ::_exit(0);
            replica.commit();
            if (is_last && death == Death::after_commit) ::_exit(0);
            replica.publish();
            if (is_last && death == Death::after_publish) ::_exit(0);
        }
        return 0;
    }

    void run_in_child(std::int64_t last_revision, Death death) {
        ForkedChild child{[&] { return run(last_revision, death); }};
        ASSERT_EQ(child.wait(), 0);
    }

    /// Runs a replica to the end, and compares what it leaves with what a node has that never died.
    void expect_the_whole_log() {
        run_in_child(0, Death::after_publish);
        ScratchSegment other{cluster_plan()};
        store::enter_cluster(other.data_dir(), "belfry", "e");
        std::vector<std::string> said;
        TestReplica undisturbed{other.segment(), other.data_dir(), said};
        undisturbed.start();
        for (const cluster::Batch& batch : batches_) {
            ASSERT_EQ(undisturbed.take(batch), cluster::Verdict::applied);
        }
        store::StoreReader reader{other.data_dir()};
        Messages expected;
        static_cast<void>(reader.read(1, shm::max_id, ScratchStore::keep_in(expected)));
        ASSERT_GT(expected.size(), 50U);
        EXPECT_EQ(stored(), expected);
        store::Database database = store::open_to_read(dir());
        EXPECT_EQ(cluster::state_of(*store::read_saved_cluster(database)), undisturbed.state());

        expected.erase(expected.begin(),
                       expected.begin() + static_cast<std::ptrdiff_t>(log().first_id - 1));
        EXPECT_EQ(ring(), expected);
        EXPECT_EQ(log().first_id, undisturbed.state().position.first_id);
        EXPECT_EQ(log().stored_id, expected.back().id);
        EXPECT_EQ(segment().outbox().head, a_.bytes().size() - last_entry_bytes());
        for (const char* client : {"ann", "bob"}) {
            const cluster::ClientState& state = undisturbed.state().clients.at(client);
            EXPECT_EQ(row(client).login, state.login);
            EXPECT_EQ(row(client).stored_seq, state.seq);
            EXPECT_EQ(shm::cursor_of(segment(), row_of(client)), state.cursor);
        }
    }

    /// Returns the length of what write_log() has appended to the first outbox after its last
    /// batch.
    [[nodiscard]] std::uint64_t last_entry_bytes() const {
        const cluster::Batch* last = nullptr;
        for (const cluster::Batch& batch : batches_)
            if (batch.key.incarnation == own_incarnation) last = &batch;
        return a_.bytes().size() - (last->key.position + last->bytes.size());
    }

    std::vector<cluster::Batch> batches_;
};

TEST_F(KilledReplica, AtEveryStepLosesNothingAndGivesTheSameIds) {
    for (const cluster::Batch& batch : batches_) {
        for (const Death death : {Death::before_commit, Death::after_commit, Death::after_publish})
            run_in_child(batch.key.revision, death);
    }
    expect_the_whole_log();
}

TEST_F(KilledReplica, AtRandomMomentsLosesNothingAndGivesTheSameIds) {
    const unsigned seed = std::random_device{}();
    std::cout << "seed " << seed << '\n';
    std::mt19937 random{seed};
    int killed = 0;
    for (int kill = 0; kill < 40; ++kill) {
        ForkedChild child{[&] { return run(0, Death::after_publish); }};
        std::this_thread::sleep_for(std::chrono::microseconds{random() % 8'000});
        child.signal(SIGKILL);
        killed += child.wait() == 128 + SIGKILL ? 1 : 0;
    }
    std::cout << killed << " killed\n";
    expect_the_whole_log();
}

}  // namespace
}  // namespace belfry::test
