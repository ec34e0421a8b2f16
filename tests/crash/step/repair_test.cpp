#include "shm/log_lock.hpp"
#include "tests/support/forked_child.hpp"
#include "tests/support/log_reading.hpp"
#include "tests/support/step/killing.hpp"
#include "tests/support/step/segment_operation.hpp"

#include <gtest/gtest.h>

/// The process that repairs the log after a kill may be killed too.
namespace belfry::test {
namespace {

/// ann has committed two messages and died before their seqs were derived, while she held the lock.
/// Another process takes the lock.
class Repair : public SegmentOperation {
  public:
    Repair() : SegmentOperation{shm::Durability::memory} {
        Sender ann{segment(), 0, "ann"};
        if (ann.append_numbered(1, 2).last_id != 2) throw Failure{"ann cannot append"};
        log().derived_id = 0;
        segment().client(0).last_seq = 0;
        ForkedChild holder{[this] {
            shm::LogLock{segment()}.lock();
            // Undoes the repair that lock() has just made, so that the next holder must make it.
            log().derived_id = 0;
            segment().client(0).last_seq = 0;
            return 0;
        }};
        if (holder.wait() != 0) throw Failure{"the lock holder did not exit with status 0"};
        begin_here();
    }

    [[nodiscard]] std::string name() const override { return "repair"; }

    void run() override {
        shm::LogLock lock{segment()};
        lock.lock();
        lock.unlock();
    }

  protected:
    void go_on(Findings& findings) override {
        findings.require(segment().client(0).last_seq == 2, &Findings::lost,
                         "the last seq is wrong");
        findings.require(read_ring(segment()).size() == 2, &Findings::lost, "a record is lost");
        run();
        shm::reap_slot(segment(), 0);
        Sender ann{segment(), 0, "ann"};
        const auto again = ann.append_numbered(1, 2);
        findings.require(again.last_id == 0 && again.decided == 2, &Findings::doubled,
                         "a committed message is accepted again");
        findings.require(ann.append_numbered(3, 1).last_id == 3, &Findings::not_done_again,
                         "ann cannot append");
    }
};

TEST_F(KilledInside, ARepairIsRepeatedByTheNextLockHolder) {
    Repair operation;
    kill_at_every_instruction(operation);
}

}  // namespace
}  // namespace belfry::test
