#include "shm/seq_reset.hpp"

#include "shm/seq_rules.hpp"
#include "tests/support/step/killing.hpp"
#include "tests/support/step/segment_operation.hpp"

#include <gtest/gtest.h>

/// belfryctl may be killed while it resets the seq of a client.
namespace belfry::test {
namespace {

/// ann has sent two messages, and then one with the largest seq. belfryd refuses such a step, so
/// the constructor sets the last seq itself.
class ResetSeq : public SegmentOperation {
  public:
    ResetSeq() : SegmentOperation{shm::Durability::commit} {
        Sender ann{segment(), 0, "ann"};
        if (ann.append_numbered(1, 2).last_id != 2) throw Failure{"ann cannot append"};
        row().last_seq = shm::max_seq - 1;
        if (ann.append_numbered(shm::max_seq, 1).last_id != 3) throw Failure{"ann cannot append"};
        ann.session().leave();
        shm::reap_slot(segment(), 0);
        row().stored_seq = shm::max_seq;
        log().stored_id = 3;
        begin_here();
    }

    [[nodiscard]] std::string name() const override { return "reset a seq"; }

    void run() override { static_cast<void>(shm::reset_seq(segment(), 0, row().last_seq, 2)); }

  protected:
    void go_on(Findings& findings) override {
        const std::uint64_t seq = row().last_seq;
        findings.require(seq == (has_changed("last_seq") ? 2 : shm::max_seq), &Findings::torn,
                         "the last seq is neither the old nor the new one");
        findings.require(has_changed("stored_seq") || !has_changed("last_seq"), &Findings::torn,
                         "the last seq is reset before the stored one");
        run();
        findings.require(row().last_seq == 2 && row().stored_seq == 2, &Findings::not_done_again,
                         "the seq is not reset");
        Sender ann{segment(), 0, "ann"};
        const auto again = ann.append_numbered(1, 2);
        findings.require(again.last_id == 0 && again.decided == 2, &Findings::doubled,
                         "a committed message is accepted again");
        findings.require(ann.append_numbered(3, 1).last_id == 4, &Findings::not_done_again,
                         "ann cannot append");
    }

  private:
    [[nodiscard]] shm::ClientRow& row() { return segment().client(0); }
};

TEST_F(KilledInside, ASeqResetIsFinishedByTheNextReset) {
    ResetSeq operation;
    kill_at_every_instruction(operation);
}

}  // namespace
}  // namespace belfry::test
