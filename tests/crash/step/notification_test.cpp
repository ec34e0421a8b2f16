#include "shm/news.hpp"
#include "tests/support/forked_child.hpp"
#include "tests/support/step/killing.hpp"
#include "tests/support/step/segment_operation.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

/// A process may die after it has changed the segment and before it has notified others. The
/// supervisor or its successor then notifies them.
namespace belfry::test {
namespace {

/// Changes a field and notifies a process that sleeps until it sees the change.
class Notify : public SegmentOperation {
  public:
    Notify() : SegmentOperation{shm::Durability::memory} { begin_here(); }

    [[nodiscard]] std::string name() const override { return "notify"; }

    void restore() override {
        sleeper_.reset();
        SegmentOperation::restore();
        sleeper_.emplace([this] { return sleep(); });
        if (!eventually([this] { return sleeper_->is_asleep(); }))
            throw Failure{"the sleeper does not sleep"};
    }

    void run() override {
        log().presence_changes.store(changes_ + 1, std::memory_order_release);
        log().new_messages.notify_all();
    }

  protected:
    void go_on(Findings& findings) override {
        if (!has_changed("presence")) run();
        shm::wake_everybody(segment());
        findings.require(sleeper_->wait() == 0, &Findings::lost, "the sleeper was not woken");
    }

  private:
    int sleep() {
        const auto deadline = shm::Condition::Clock::now() + scaled(default_wait);
        const bool seen = log().new_messages.wait_until(
            deadline, [this] { return log().presence_changes.load() != changes_; });
        return seen ? 0 : 1;
    }

    const std::uint32_t changes_ = log().presence_changes;
    std::optional<ForkedChild> sleeper_;
};

/// The archiver has committed three more messages.
class Publish : public SegmentOperation {
  public:
    Publish() : SegmentOperation{shm::Durability::commit} {
        Sender ann{segment(), 0, "ann"};
        if (ann.append_numbered(1, 5).last_id != 5) throw Failure{"ann cannot append"};
        log().stored_id = 2;
        segment().client(0).stored_seq = 2;
        begin_here();
    }

    [[nodiscard]] std::string name() const override { return "advance stored_id"; }

    void run() override {
        shm::publish_stored(segment(), seqs_, 5);
        shm::StoredNews{segment()}.announce();
    }

  protected:
    void go_on(Findings& findings) override {
        const std::uint64_t stored = log().stored_id;
        findings.require(stored == (has_changed("stored_id") ? 5U : 2U), &Findings::torn,
                         "stored_id is neither the old nor the new one");
        // A login reads stored_id before the seq, so the archiver must write the seq before
        // stored_id.
        findings.require(segment().client(0).stored_seq >= stored, &Findings::torn,
                         "a seq is lower than that of a visible message");
        findings.require(log().last_id == 5U, &Findings::lost, "a message is lost");
        run();
        findings.require(segment().visible() == 5U && segment().client(0).stored_seq == 5U,
                         &Findings::not_done_again, "not every message is visible");
        findings.require(!may_sleep(log().new_messages) && !may_sleep(log().news_of_senders) &&
                             !may_sleep(log().space),
                         &Findings::not_done_again, "not everybody is notified");
    }

  private:
    /// True if the bit for sleepers is set. The process that wakes all sleepers clears it.
    static bool may_sleep(const shm::Condition& condition) {
        return (reinterpret_cast<const std::atomic<std::uint32_t>&>(condition) & 1U) != 0;
    }

    const std::vector<std::uint64_t> seqs_{5, 0, 0};
};

TEST_F(KilledInside, ANotificationIsRepeatedByTheSupervisor) {
    Notify operation;
    kill_at_every_instruction(operation);
}

TEST_F(KilledInside, AnAdvanceOfStoredIdIsRepeatedByTheNextArchiver) {
    Publish operation;
    kill_at_every_instruction(operation);
}

}  // namespace
}  // namespace belfry::test
