#include "cluster/registration.hpp"

#include "cli/command_line.hpp"
#include "cluster/engine_failure.hpp"
#include "cluster/node_record.hpp"
#include "cluster/window.hpp"
#include "tests/unit/cluster/node_fixture.hpp"

#include <sstream>

namespace belfry::test {
namespace {

using cluster::Revision;
using cluster::Window;

/// A cluster of the nodes `a` and `b`. Node `a` holds the window.
class RegistrationTest : public ::testing::Test {
  protected:
    RegistrationTest() {
        keys_.put("settings", node_settings());
        lease_ = *engine_.grant_lease(std::chrono::seconds{5});
        EXPECT_TRUE(engine_.put("alive/a", node_incarnation_text, lease_));
        keys_.put("alive/b", "00000000000000b1");
    }

    Revision publish() {
        const auto created = engine_.create_batch(node_incarnation, position_++, "x",
                                                  {"a", node_incarnation_text, node_settings()});
        return created->revision;
    }
    void tell(const std::string& node, Revision stored) {
        cluster::NodeRecord record{.address = "", .version = "1", .epoch = "e"};
        record.revision = static_cast<std::uint64_t>(stored);
        if (node == "a") record.incarnation = node_incarnation;
        keys_.put("node/" + node, record.text());
    }
    void add(const std::string& node) { cluster::register_node(out_, engine_, node); }

    MemoryKeys keys_;
    MemoryEngine engine_{keys_};
    cluster::Lease lease_ = 0;
    std::uint64_t position_ = 0;
    std::ostringstream out_;
};

TEST_F(RegistrationTest, TheEngineKeepsWhatABackupLacksThatWasMadeAfterwards) {
    Window window{engine_, node_incarnation_text, [this] { return lease_; },
                  [](const std::string&) {}};
    keys_.set_bytes(Window::max_bytes / 2 + 1);  // nothing is kept that all nodes have
    tell("a", publish());
    const Revision backup = publish();
    tell("b", backup);
    tell("a", backup);
    add("c");
    const Revision last = publish();
    for (const char* node : {"a", "b"}) tell(node, last);
    window.step(Clock::now());
    ASSERT_EQ(keys_.batches().size(), 1U);
    EXPECT_EQ(keys_.batches().front().key.revision, last);
    EXPECT_LE(keys_.compacted(), backup);
    EXPECT_NE(out_.str().find("node c is registered"), std::string::npos) << out_.str();
    tell("c", last);  // it has started
    window.step(Clock::now());
    EXPECT_TRUE(keys_.batches().empty());
}

TEST_F(RegistrationTest, TheNodeThatHasStoredLeastDecides) {
    const Revision first = publish();
    tell("b", first);
    tell("a", publish());
    add("c");
    const auto record = cluster::parse_node_record(keys_.value("node/c").value_or(""));
    ASSERT_TRUE(record);
    EXPECT_EQ(record->revision, static_cast<std::uint64_t>(first));
    EXPECT_EQ(record->epoch, "e");
    EXPECT_EQ(record->incarnation, 0U);
}

TEST_F(RegistrationTest, ASecondOneGivesUpNothingThatTheFirstOneKeeps) {
    const Revision backup = publish();
    tell("a", backup);
    add("c");
    tell("a", publish());
    add("c");
    const auto record = cluster::parse_node_record(keys_.value("node/c").value_or(""));
    ASSERT_TRUE(record);
    EXPECT_EQ(record->revision, static_cast<std::uint64_t>(backup));
}

TEST_F(RegistrationTest, EndsIfTheNodeDoesNotStart) {
    tell("a", publish());
    add("c");
    const cluster::Lease lease = engine_.read("node/c")->values.at(0).lease;
    ASSERT_NE(lease, 0);
    keys_.end_lease(lease);
    EXPECT_FALSE(keys_.value("node/c"));
}

TEST_F(RegistrationTest, ALivingNodeIsNotAdded) {
    tell("a", publish());
    EXPECT_THROW(add("b"), cli::UsageError);
    EXPECT_FALSE(keys_.value("node/b"));
}

TEST_F(RegistrationTest, NeedsALivingNode) {
    EXPECT_THROW(add("c"), cluster::EngineUnavailable) << "nobody has told anything";
}

}  // namespace
}  // namespace belfry::test
