#include "cluster/window.hpp"

#include "cluster/node_record.hpp"
#include "tests/unit/cluster/node_fixture.hpp"

#include <limits>

namespace belfry::test {
namespace {

using cluster::Revision;
using cluster::Window;

class WindowTest : public ::testing::Test {
  protected:
    WindowTest() {
        keys_.put("settings", node_settings());
        lease_ = *engine_.grant_lease(std::chrono::seconds{5});
        const auto alive = engine_.create("alive/a", node_incarnation_text, lease_);
        EXPECT_TRUE(alive && *alive);
    }

    /// Publishes batches. @return the revision of the last one
    Revision publish(std::size_t count) {
        Revision last = 0;
        for (; count != 0; --count) {
            const auto created = engine_.create_batch(
                node_incarnation, position_++, "x", {"a", node_incarnation_text, node_settings()});
            last = created->revision;
        }
        return last;
    }
    /// A node tells what it has stored. @param lease under which it is registered
    void tell(const std::string& node, Revision stored, cluster::Lease lease = 0) {
        cluster::NodeRecord record{.address = "", .version = "1", .epoch = "e"};
        record.revision = static_cast<std::uint64_t>(stored);
        if (node == "a") record.incarnation = node_incarnation;
        EXPECT_TRUE(engine_.put("node/" + node, record.text(), lease));
    }
    /// Lets the window work over min_age.
    void work() {
        window_.step(now_);
        now_ += Window::min_age;
        window_.step(now_);
    }

    MemoryKeys keys_;
    MemoryEngine engine_{keys_};
    cluster::Lease lease_ = 0;
    bool may_hold_ = true;
    LoggedLines lines_;
    Window window_{engine_, node_incarnation_text, [this] { return may_hold_ ? lease_ : 0; },
                   [this](const std::string& line) { lines_.add(line); }};
    Clock::time_point now_ = Clock::now();
    std::uint64_t position_ = 0;
};

TEST_F(WindowTest, BatchesThatAllNodesHaveStoredAreDeletedAfterAWhile) {
    const Revision first = publish(3);
    const Revision last = publish(2);
    tell("a", last);
    tell("b", first);
    window_.step(now_);
    EXPECT_EQ(keys_.batches().size(), 5U) << "new nodes may still begin";
    EXPECT_EQ(keys_.compacted(), 0);
    work();
    ASSERT_EQ(keys_.batches().size(), 2U);
    EXPECT_GT(keys_.batches().front().key.revision, first);
    EXPECT_EQ(keys_.compacted(), first);
    EXPECT_TRUE(window_.is_held());
}

TEST_F(WindowTest, OnlyTheNodeThatHoldsTheKeyDeletes) {
    tell("a", publish(3));
    keys_.put("window", "b");
    work();
    EXPECT_FALSE(window_.is_held());
    EXPECT_EQ(keys_.batches().size(), 3U);
    keys_.remove("window");
    work();
    EXPECT_TRUE(window_.is_held());
    EXPECT_TRUE(keys_.batches().empty());
}

TEST_F(WindowTest, TheKeyVanishesWithTheLeaseOfItsNode) {
    tell("a", publish(1));
    work();
    EXPECT_EQ(keys_.value("window"), node_incarnation_text);
    keys_.end_lease(lease_);
    EXPECT_EQ(keys_.value("window"), std::nullopt);
}

TEST_F(WindowTest, ANodeThatIsAwayHoldsTheWindowUntilItsRegistrationEndsWhateverTheClocksSay) {
    const Revision stored = publish(2);
    const cluster::Lease lease = *engine_.grant_lease(cluster::max_absence);
    tell("a", publish(3));
    tell("b", stored, lease);  // as long ago as possible: in 1970
    work();
    EXPECT_EQ(keys_.batches().size(), 3U);
    keys_.end_lease(lease);
    work();
    EXPECT_TRUE(keys_.batches().empty());
    EXPECT_EQ(lines_.count("node b has been away for 7 days or was removed"), 1U);
}

TEST_F(WindowTest, ANodeThatIsRemovedHoldsNothing) {
    const Revision stored = publish(2);
    tell("a", publish(3));
    tell("b", stored);
    work();
    EXPECT_EQ(keys_.batches().size(), 3U);
    keys_.remove("node/b");
    work();
    EXPECT_TRUE(keys_.batches().empty());
}

TEST_F(WindowTest, AnEngineThatIsHalfFullKeepsNothingThatAllHaveStored) {
    keys_.set_bytes(Window::max_bytes / 2 + 1);
    tell("a", publish(3));
    window_.step(now_);
    EXPECT_TRUE(keys_.batches().empty());
}

TEST_F(WindowTest, NothingIsDeletedBeforeTheNodeThatHoldsTheKeyHasToldWhatItHasStored) {
    keys_.set_bytes(Window::max_bytes / 2 + 1);
    const Revision stored = publish(1);
    tell("b", publish(2));
    window_.step(now_);
    EXPECT_EQ(keys_.batches().size(), 3U);
    tell("a", stored);
    window_.step(now_);
    EXPECT_EQ(keys_.batches().size(), 2U);
}

TEST_F(WindowTest, AnEngineThatIsFullGivesUpTheOldestThatNodesLack) {
    const Revision stored = publish(2);
    tell("b", stored);
    tell("a", publish(100));
    keys_.set_bytes(Window::max_bytes + 1);
    window_.step(now_);
    EXPECT_LT(keys_.batches().size(), 60U);
    EXPECT_GT(keys_.batches().size(), 40U);
    EXPECT_TRUE(lines_.has("more than 1 GiB"));
    const std::size_t left = keys_.batches().size();
    window_.step(now_ + Window::interval);
    EXPECT_EQ(keys_.batches().size(), left) << "etcd's size does not change at once";
    window_.step(now_ + Window::giving_up_interval);
    EXPECT_LT(keys_.batches().size(), left);
}

TEST_F(WindowTest, AnEngineThatIsFullKeepsWhatALivingNodeLacksUntilThereIsTwiceAsMuch) {
    const Revision stored = publish(2);
    keys_.put("alive/b", "00000000000000b1");
    tell("b", stored);
    tell("a", publish(100));
    keys_.set_bytes(Window::max_bytes + 1);
    for (int step = 0; step < 3; ++step) {
        window_.step(now_);
        now_ += Window::giving_up_interval;
        EXPECT_EQ(keys_.batches().size(), 100U);
    }
    EXPECT_FALSE(lines_.has("more than 1 GiB"));
    keys_.set_bytes(2 * Window::max_bytes + 1);
    window_.step(now_);
    EXPECT_LT(keys_.batches().size(), 60U);
    EXPECT_TRUE(lines_.has("more than 1 GiB"));
}

TEST_F(WindowTest, ANodeThatMayNoLongerHoldTheKeyGivesItBack) {
    tell("a", publish(1));
    work();
    EXPECT_TRUE(window_.is_held());
    may_hold_ = false;
    work();
    EXPECT_FALSE(window_.is_held());
    EXPECT_EQ(keys_.value("window"), std::nullopt);
    keys_.put("window", "b");
    work();
    EXPECT_EQ(keys_.value("window"), "b");
}

}  // namespace
}  // namespace belfry::test
