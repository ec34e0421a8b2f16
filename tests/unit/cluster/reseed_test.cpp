#include "cluster/reseed.hpp"

#include "cluster/engine_failure.hpp"
#include "cluster/join.hpp"
#include "cluster/local_log.hpp"
#include "cluster/node_record.hpp"
#include "cluster/settings.hpp"
#include "shm/data_directory.hpp"
#include "store/cluster_writer.hpp"
#include "tests/support/forked_child.hpp"
#include "tests/unit/cluster/node_fixture.hpp"
#include "tests/unit/store/scratch_store.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <thread>

namespace belfry::test {
namespace {

using cluster::ReseedRefused;

/// The database of a node `a` that knows a node `b`, with five messages.
class ReseedTest : public ::testing::Test {
  protected:
    ReseedTest() {
        MemoryEngine engine{keys_};
        epoch_ = cluster::join(engine, {store_.dir(), "belfry", "a", 4096}).epoch;
        store::StoreWriter writer{store_.dir()};
        store_numbered(writer, 1, 5);
        execute("UPDATE cluster SET last_id = 5, last_time = 1005, revision = 100");
        execute(
            "INSERT INTO nodes(name, incarnation, next, address) VALUES('a', 1, 0, ''), "
            "('b', 2, 0, '')");
    }

    void execute(const char* sql) const {
        store::Database{store_.file(), store::Database::Mode::write}.execute(sql);
    }
    /// @return what it printed
    std::string reseed(bool force = false) {
        MemoryEngine engine{keys_};
        std::ostringstream out;
        cluster::reseed(out, engine, {store_.dir(), "belfry", "a", force});
        return out.str();
    }
    /// Expects that nothing is changed, and that the line contains a text.
    void expect_refusal(const std::string& part, bool force = false) {
        const auto before = keys_.value("settings");
        try {
            reseed(force);
            ADD_FAILURE() << "it was not refused";
        } catch (const ReseedRefused& error) {
            EXPECT_NE(std::string{error.what()}.find(part), std::string::npos) << error.what();
        }
        EXPECT_EQ(keys_.value("settings"), before);
        EXPECT_EQ(local().log.epoch, epoch_);
    }
    void expect_new_epoch() {
        const auto settings = cluster::parse_settings(keys_.value("settings").value_or(""));
        ASSERT_TRUE(settings);
        EXPECT_NE(settings->epoch, epoch_);
        EXPECT_EQ(settings->base, 5U);
        EXPECT_EQ(settings->max_payload, 4096U) << "as before";
        EXPECT_EQ(local().log.epoch, settings->epoch);
        EXPECT_EQ(local().log.last_id, 5U);
        EXPECT_LE(local().cluster.value().position.revision, keys_.revision());
    }
    [[nodiscard]] cluster::LocalLog local() const {
        return cluster::read_local_log(store_.dir()).value();
    }

    /// Node `b` runs, and writes its key again and again.
    class LivingNode {
      public:
        LivingNode(MemoryKeys& keys, std::uint64_t last_id, std::string epoch)
            : thread_{[&keys, last_id, epoch](const std::stop_token& stop) {
                  cluster::NodeRecord record{.address = "", .version = "1", .epoch = epoch};
                  record.last_id = last_id;
                  record.incarnation = 2;
                  while (!stop.stop_requested()) {
                      keys.put("node/b", record.text());
                      std::this_thread::sleep_for(Milliseconds{50});
                  }
              }} {}

      private:
        std::jthread thread_;
    };

    MemoryKeys keys_;
    ScratchStore store_;
    std::string epoch_;
};

TEST_F(ReseedTest, TheNodeThatHasStoredMostBeginsTheClusterAgain) {
    keys_.wipe();
    const LivingNode b{keys_, 4, epoch_};
    const std::string printed = reseed();
    EXPECT_NE(printed.find("behind message 5"), std::string::npos) << printed;
    expect_new_epoch();
}

TEST_F(ReseedTest, IsRefusedWhileAnotherNodeHasMore) {
    keys_.wipe();
    const LivingNode b{keys_, 6, epoch_};
    expect_refusal("node b has stored message 6, and this node only message 5");
    reseed(true);
    expect_new_epoch();
}

TEST_F(ReseedTest, IsRefusedWhileAnotherNodeDoesNotTellWhatItHas) {
    keys_.wipe();
    keys_.put("node/b", "address= version=1 epoch=" + epoch_ +
                            " last=1 first=1 revision=1 clients=0 clock=1 incarnation=2");
    expect_refusal("node b does not tell what it has stored");
}

TEST_F(ReseedTest, DoesNotAskANodeThatWasRegisteredAndHasNeverRun) {
    keys_.wipe();
    execute("DELETE FROM nodes WHERE name = 'b'");
    keys_.put("node/b", "address= version= epoch=" + epoch_ +
                            " last=9 first=1 revision=1 clients=0 clock=1 incarnation=0");
    reseed();
    expect_new_epoch();
}

TEST_F(ReseedTest, IsRefusedIfEtcdHasLostNothing) {
    while (keys_.revision() < 100) keys_.put("node/b", "x");
    expect_refusal("etcd has lost nothing", true);
}

TEST_F(ReseedTest, AnEngineThatWasRestoredLongAgoIsReplacedAlthoughItsRevisionHasRisen) {
    keys_.put("node/a", "x");
    while (keys_.revision() < 100) keys_.put("node/b", "x");
    execute("UPDATE nodes SET record = 90 WHERE name = 'a'");
    reseed(true);
    expect_new_epoch();
}

TEST_F(ReseedTest, AnEngineThatWasRestoredFromAnOlderCopyIsReplaced) {
    reseed(true);  // its revision is far below 100
    expect_new_epoch();
}

/// An engine that takes no new settings.
class UnwritableEngine : public MemoryEngine {
  public:
    using MemoryEngine::MemoryEngine;
    cluster::Answer<bool> replace(std::string_view, std::string_view, std::string_view,
                                  cluster::Lease) override {
        return cluster::EngineFailure{cluster::EngineError::no_answer, "no answer"};
    }
};

TEST_F(ReseedTest, OneThatHasOnlyChangedTheDatabaseIsRepeated) {
    for (int attempt = 0; attempt < 2; ++attempt) {
        UnwritableEngine engine{keys_};
        std::ostringstream out;
        EXPECT_THROW(cluster::reseed(out, engine, {store_.dir(), "belfry", "a", true}),
                     cluster::EngineUnavailable);
        EXPECT_NE(local().log.epoch, epoch_);
    }
    {
        const LivingNode b{keys_, 6, epoch_};
        ASSERT_TRUE(eventually([this] { return keys_.value("node/b").has_value(); }));
        EXPECT_THROW(reseed(), ReseedRefused) << "node b has more";
    }
    reseed(true);
    expect_new_epoch();
}

TEST_F(ReseedTest, IsRefusedIfAnotherNodeHasDoneItAlready) {
    keys_.put("settings", "epoch=fff max-payload=4096 rules=1 base=4");
    expect_refusal("with another epoch", true);
}

TEST_F(ReseedTest, RemovesTheSegmentOfAServerThatCouldNotDrain) {
    keys_.wipe();
    const auto segment = shm::create_segment(store_.dir(), node_plan());
    reseed(true);
    expect_new_epoch();
    EXPECT_TRUE(shm::is_removed(segment));
}

TEST_F(ReseedTest, IsRefusedWhileProcessesOfTheServerRun) {
    keys_.wipe();
    const ForkedChild session{[this] {
        const auto alive = shm::hold_alive(store_.dir());
        std::ofstream{store_.dir() / "locked"};
        ::pause();
        return 0;
    }};
    ASSERT_TRUE(eventually([this] { return std::filesystem::exists(store_.dir() / "locked"); }));
    const auto segment = shm::create_segment(store_.dir(), node_plan());
    EXPECT_THROW(reseed(true), ReseedRefused);
    EXPECT_FALSE(shm::is_removed(segment));
    shm::remove_segment(store_.dir(), segment.name);
}

TEST_F(ReseedTest, IsRefusedWhileTheServerRuns) {
    keys_.wipe();
    const ForkedChild server{[this] {  // The lock is one between processes.
        const shm::DataDirectoryLock lock{store_.dir()};
        std::ofstream{store_.dir() / "locked"};
        ::pause();
        return 0;
    }};
    ASSERT_TRUE(eventually([this] { return std::filesystem::exists(store_.dir() / "locked"); }));
    EXPECT_THROW(reseed(true), shm::DataDirectoryInUse);
    EXPECT_EQ(keys_.value("settings"), std::nullopt);
}

}  // namespace
}  // namespace belfry::test
