#include "cluster/join.hpp"

#include "cli/command_line.hpp"
#include "cluster/engine_failure.hpp"
#include "cluster/local_log.hpp"
#include "store/open_log.hpp"
#include "store/store_writer.hpp"
#include "tests/unit/cluster/node_fixture.hpp"
#include "tests/unit/store/scratch_store.hpp"

#include <optional>
#include <thread>

namespace belfry::test {
namespace {

using cli::UsageError;
using cluster::Settings;

class JoinTest : public ::testing::Test {
  protected:
    /// Joins a node as a start of belfryd does.
    Settings join(const std::filesystem::path& dir, std::uint32_t max_payload = 4096,
                  const std::string& name = "belfry", const std::string& node = "a") {
        MemoryEngine engine{keys_};
        engine.set_silent(is_silent_);
        return cluster::join(engine, {dir, name, node, max_payload});
    }
    /// Expects that the node must not join, and that the line contains a text.
    void expect_refusal(const std::string& part, const std::filesystem::path& dir,
                        const std::string& name = "belfry", const std::string& node = "a") {
        try {
            static_cast<void>(join(dir, 4096, name, node));
            ADD_FAILURE() << "it joined";
        } catch (const UsageError& error) {
            EXPECT_NE(std::string{error.what()}.find(part), std::string::npos) << error.what();
        }
    }
    /// Makes the store of a server without a cluster.
    static void make_store(const ScratchStore& store, std::uint64_t messages) {
        static_cast<void>(store::open_log(store.dir(), shm::Durability::commit, "abc"));
        store::StoreWriter writer{store.dir()};
        if (messages != 0) store_numbered(writer, 1, messages);
    }
    [[nodiscard]] static cluster::LocalLog local(const ScratchStore& store) {
        return cluster::read_local_log(store.dir()).value();
    }

    MemoryKeys keys_;
    bool is_silent_ = false;
};

TEST_F(JoinTest, TheFirstNodeCreatesTheSettings) {
    const ScratchStore store;
    const Settings settings = join(store.dir());
    EXPECT_EQ(keys_.value("settings"), settings.text());
    EXPECT_EQ(settings.max_payload, 4096U);
    EXPECT_EQ(settings.base, 0U);
    EXPECT_EQ(local(store).log.epoch, settings.epoch);
    EXPECT_EQ(local(store).cluster.value().name, "belfry");
}

TEST_F(JoinTest, LaterNodesTakeTheSettingsOfTheCluster) {
    const ScratchStore first;
    const ScratchStore second;
    const Settings settings = join(first.dir());
    EXPECT_EQ(join(second.dir(), 1000), settings);
    EXPECT_EQ(join(second.dir(), 1000), settings) << "again, after a restart";
}

TEST_F(JoinTest, ADatabaseOfASingleServerBecomesTheBeginningOfACluster) {
    const ScratchStore store;
    make_store(store, 5);
    const Settings settings = join(store.dir());
    EXPECT_EQ(settings.epoch, "abc");
    EXPECT_EQ(settings.base, 5U);
    EXPECT_EQ(local(store).cluster.value().position.last_id, 5U);
    const ScratchStore empty;
    expect_refusal("the cluster began with 5 messages", empty.dir());
}

// A package starts a server when it is installed, so most nodes have such a database.
TEST_F(JoinTest, ADatabaseWithoutMessagesEntersAClusterLikeNone) {
    const ScratchStore first;
    const ScratchStore second;
    make_store(second, 0);
    const Settings settings = join(first.dir());
    EXPECT_NE(settings.epoch, local(second).log.epoch);
    EXPECT_EQ(join(second.dir(), 4096, "belfry", "b"), settings);
    EXPECT_EQ(local(second).log.epoch, settings.epoch);
    const ScratchStore third;
    make_store(third, 0);
    keys_.put("settings", "epoch=fff max-payload=4096 rules=1 base=5 node=a");
    expect_refusal("the cluster began with 5 messages", third.dir(), "belfry", "c");
}

TEST_F(JoinTest, AJoinThatWasKilledAfterTheSettingsIsRepeated) {
    keys_.put("settings", "epoch=abc max-payload=4096 rules=1 base=5 node=a");
    const ScratchStore store;
    make_store(store, 5);
    EXPECT_EQ(join(store.dir()).epoch, "abc");
}

TEST_F(JoinTest, ASecondCopyOfTheDatabaseOfASingleServerIsRefused) {
    const ScratchStore first;
    const ScratchStore second;
    for (const ScratchStore* copy : {&first, &second}) make_store(*copy, 5);
    static_cast<void>(join(first.dir()));
    expect_refusal("the cluster has begun with that of node a", second.dir(), "belfry", "b");
    EXPECT_FALSE(local(second).cluster);
}

TEST_F(JoinTest, ADatabaseOfAnotherLogIsRefused) {
    const ScratchStore first;
    static_cast<void>(join(first.dir()));
    const ScratchStore other;
    make_store(other, 5);
    expect_refusal("has another log than the cluster", other.dir());
    expect_refusal("belongs to the cluster belfry, not to chat", first.dir(), "chat");
    keys_.put("settings", "epoch=fff max-payload=4096 rules=1 base=0");
    expect_refusal("but the cluster has the epoch fff", first.dir());
}

TEST_F(JoinTest, ALogWhoseBeginningIsGoneAsksForABackup) {
    const ScratchStore first;
    static_cast<void>(join(first.dir()));
    MemoryEngine engine{keys_};
    keys_.put("node/a", "x");
    ASSERT_TRUE(engine.compact(keys_.revision()));
    const ScratchStore second;
    expect_refusal("begin from a backup", second.dir());
    expect_refusal("begin from a backup", first.dir());
    EXPECT_FALSE(std::filesystem::exists(second.file()));
}

TEST_F(JoinTest, ALivingNodeOfThisNameIsRefused) {
    const ScratchStore store;
    keys_.put("alive/a", "00000000000000b2");
    const std::jthread living{[this](const std::stop_token& stop) {
        while (!stop.stop_requested()) {
            keys_.put("node/a", "a record");
            std::this_thread::sleep_for(Milliseconds{50});
        }
    }};
    expect_refusal("another living node of the cluster is called a", store.dir());
    EXPECT_FALSE(std::filesystem::exists(store.file()));
}

TEST_F(JoinTest, ALeaseThatLastsLongerThanItsNodeIsWaitedFor) {
    const ScratchStore store;
    keys_.put("alive/a", "00000000000000b2");
    const std::jthread etcd{[this](const std::stop_token& stop) {
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{8};
        while (!stop.stop_requested() && std::chrono::steady_clock::now() < end) {
            std::this_thread::sleep_for(Milliseconds{50});
        }
        keys_.remove("alive/a");
    }};
    EXPECT_FALSE(join(store.dir()).epoch.empty());
}

TEST_F(JoinTest, ANodeThatHasJoinedNeedsNoEngine) {
    const ScratchStore store;
    const Settings settings = join(store.dir());
    is_silent_ = true;
    EXPECT_EQ(join(store.dir(), 1000).epoch, settings.epoch);
    EXPECT_EQ(join(store.dir(), 1000).max_payload, settings.max_payload);
    const ScratchStore fresh;
    EXPECT_THROW(static_cast<void>(join(fresh.dir())), cluster::EngineUnavailable);
}

/// An engine that answers once.
class FailingEngine : public MemoryEngine {
  public:
    using MemoryEngine::MemoryEngine;
    cluster::Answer<cluster::Values> read(std::string_view key) override {
        auto values = MemoryEngine::read(key);
        set_silent(true);
        return values;
    }
};

TEST_F(JoinTest, ANodeThatHasJoinedStartsAlthoughTheEngineStopsAnsweringMeanwhile) {
    const ScratchStore store;
    const Settings settings = join(store.dir());
    FailingEngine engine{keys_};
    EXPECT_EQ(cluster::join(engine, {store.dir(), "belfry", "a", 4096}), settings);
}

/// An engine in which nobody waits.
class UnwatchedEngine : public MemoryEngine {
  public:
    using MemoryEngine::MemoryEngine;
    cluster::EngineFailure watch(cluster::Revision after, const std::string& settings,
                                 const Receiver& receive) override {
        ADD_FAILURE() << "a join waits for changes";
        return MemoryEngine::watch(after, settings, receive);
    }
};

TEST_F(JoinTest, AsksWhetherTheLogIsThereInsteadOfWaitingForIt) {
    const ScratchStore store;
    UnwatchedEngine engine{keys_};
    for (int start = 0; start < 2; ++start) {
        const Settings settings = cluster::join(engine, {store.dir(), "belfry", "a", 4096});
        EXPECT_FALSE(settings.epoch.empty());
    }
}

TEST_F(JoinTest, SettingsOfANewerProgramAskForAnUpgrade) {
    const ScratchStore store;
    keys_.put("settings", "epoch=abc max-payload=4096 rules=2 base=0");
    expect_refusal("upgrade this node", store.dir());
}

}  // namespace
}  // namespace belfry::test
