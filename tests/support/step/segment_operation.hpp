#pragma once

#include "tests/support/scratch_segment.hpp"
#include "tests/support/step/operation.hpp"

#include <string>
#include <vector>

namespace belfry::test {

/// Returns a plan with a ring of one page, 64 index entries, and the clients ann, bob and cat.
[[nodiscard]] shm::SegmentPlan tiny_plan(shm::Durability durability);

/// Returns the same plan for a node of a cluster.
[[nodiscard]] shm::SegmentPlan tiny_cluster_plan();

/// Returns a record format that is printed in few instructions, because the tests step through
/// shm/, not through the format.
[[nodiscard]] shm::RecordFormat terse_format() noexcept;

/// An operation on an existing segment.
class SegmentOperation : public Operation {
  public:
    void restore() override;
    [[nodiscard]] std::span<const char> image(pid_t child, bool may_be_new) override;

    /// Returns what differs from the state before the operation, in the order in which most
    /// operations write it; `nothing` if nothing differs. `lock` means that the dead child holds
    /// the lock.
    [[nodiscard]] std::string state(pid_t dead) override;

    /// Takes the lock, checks the invariants, and calls go_on().
    void survive(pid_t dead, Findings& findings) final;

  protected:
    explicit SegmentOperation(shm::Durability durability)
        : SegmentOperation{tiny_plan(durability)} {}
    explicit SegmentOperation(const shm::SegmentPlan& plan) : scratch_{plan} {}

    /// Returns the broken invariants of the segment.
    [[nodiscard]] virtual std::vector<std::string> broken() { return scratch_.broken(); }

    /// Records the state to which restore() returns. Must be the last call in the constructor. It
    /// marks every condition as having a sleeper, so that each notification makes a system call.
    void begin_here();

    /// Does what a survivor does, and checks the result. Called when the lock is free and the
    /// invariants hold.
    virtual void go_on(Findings& findings) = 0;

    [[nodiscard]] shm::Segment& segment() { return scratch_.segment(); }
    [[nodiscard]] shm::LogHeader& log() { return scratch_.log(); }
    [[nodiscard]] ScratchSegment& scratch() { return scratch_; }

    /// True if state() has named this.
    [[nodiscard]] bool has_changed(const std::string& what) const;

    /// Reaps the slot, as the supervisor does, and lets the client log in there again.
    [[nodiscard]] shm::Session log_in_again(std::uint32_t slot, std::string_view client_id,
                                            Findings& findings);

  private:
    [[nodiscard]] char* bytes() { return reinterpret_cast<char*>(&segment().prefix()); }
    [[nodiscard]] bool differs(const void* from, std::size_t count);
    template <class Field>
    [[nodiscard]] bool differs(const Field& field) {
        return differs(&field, sizeof field);
    }
    [[nodiscard]] bool any_slot_differs(std::size_t offset, std::size_t count);
    [[nodiscard]] bool any_entry_differs(std::size_t offset);
    [[nodiscard]] bool any_client_differs(std::size_t offset, std::size_t count);
    [[nodiscard]] bool has_dead_holder();

    ScratchSegment scratch_;
    std::vector<char> before_;
    std::vector<std::string> changes_;
};

}  // namespace belfry::test
