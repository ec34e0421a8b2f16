#pragma once

#include "tests/support/scratch_segment.hpp"
#include "tests/support/step/operation.hpp"

#include <string>
#include <vector>

namespace belfry::test {

/// A ring of one page and 64 index entries: three clients, ann, bob and cat.
[[nodiscard]] shm::SegmentPlan tiny_plan(shm::Durability durability);

/// The records of the tests' own, printed in few instructions: it is shm/ that is stepped through.
[[nodiscard]] shm::RecordFormat terse_format() noexcept;

/// An operation on a segment that is there before it.
class SegmentOperation : public Operation {
  public:
    void restore() override;
    [[nodiscard]] std::span<const char> image(pid_t child, bool may_be_new) override;

    /// What differs from the time before the operation, in the order in which most operations
    /// write it; `nothing` where nothing does. `lock`: the dead child holds it.
    [[nodiscard]] std::string state(pid_t dead) override;

    /// Takes the lock, checks the invariants, goes on.
    void survive(pid_t dead, Findings& findings) final;

  protected:
    explicit SegmentOperation(shm::Durability durability) : scratch_{tiny_plan(durability)} {}

    /// By the constructor, last of all: restore() leads back to here. All seem to sleep then, so
    /// that each notification is a system call.
    void begin_here();

    /// What a survivor does and expects, when the lock is free and the invariants hold.
    virtual void go_on(Findings& findings) = 0;

    [[nodiscard]] shm::Segment& segment() { return scratch_.segment(); }
    [[nodiscard]] shm::LogHeader& log() { return scratch_.log(); }
    [[nodiscard]] ScratchSegment& scratch() { return scratch_; }

    /// Whether state() named this.
    [[nodiscard]] bool has_changed(const std::string& what) const;

    /// The supervisor has reaped the child of that slot, and its client logs in again.
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
