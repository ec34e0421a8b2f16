#include "shm/client_table.hpp"
#include "shm/news.hpp"
#include "tests/support/forked_child.hpp"
#include "tests/support/proc.hpp"
#include "tests/support/step/killing.hpp"
#include "tests/support/step/segment_operation.hpp"

#include <sys/shm.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

/// A supervisor is killed while it starts: it creates a segment or adopts an existing one.
namespace belfry::test {
namespace {

namespace fs = std::filesystem;

shm::SegmentPlan plan() {
    return tiny_plan(shm::Durability::commit);
}

/// A read-only view of the segment that another process has created.
class ForeignView {
  public:
    ForeignView(int shmid, std::size_t size)
        : bytes_{static_cast<const char*>(::shmat(shmid, nullptr, SHM_RDONLY)), size} {
        if (bytes_.data() == reinterpret_cast<const char*>(-1)) throw system_failure("shmat");
    }
    ForeignView(ForeignView&& other) noexcept : bytes_{std::exchange(other.bytes_, {})} {}
    ForeignView& operator=(ForeignView&&) = delete;
    ~ForeignView() {
        if (!bytes_.empty()) ::shmdt(bytes_.data());
    }

    /// Returns the segment that the process has created, if there is one.
    static std::optional<ForeignView> of(pid_t creator) {
        const auto segment = find(creator);
        if (!segment) return {};
        return ForeignView{segment->shmid, segment->bytes};
    }

    /// Finds the segment of the process. Pids are reused, so the size must match too.
    static std::optional<SegmentInfo> find(pid_t creator) {
        static const std::size_t size = shm::Segment::bytes_for(plan());
        for (const SegmentInfo& segment : segments()) {
            if (segment.creator == creator && segment.bytes == size) return segment;
        }
        return {};
    }

    [[nodiscard]] std::span<const char> bytes() const { return bytes_; }

  private:
    std::span<const char> bytes_;
};

bool has_content(std::span<const char> bytes) {
    return std::ranges::any_of(bytes, [](char byte) { return byte != 0; });
}

class Create : public Operation {
  public:
    [[nodiscard]] std::string name() const override { return "create"; }

    void restore() override {
        view_.reset();
        if (const auto found = shm::find_segment(path(), boost::interprocess::read_only)) {
            shm::remove_segment(path(), found->name);
        }
        fs::remove(path() / "segment");
        fs::remove(path() / "segment.new");
    }

    void run() override { static_cast<void>(shm::create_segment(path(), plan())); }

    std::span<const char> image(pid_t child, bool may_be_new) override {
        if (may_be_new && !view_) {
            if (auto view = ForeignView::of(child)) view_.emplace(*std::move(view));
        }
        return view_ ? view_->bytes() : std::span<const char>{};
    }

    std::string state(pid_t dead) override {
        std::string text;
        const auto add = [&text](bool holds, const char* what) {
            if (holds) text += (text.empty() ? "" : ", ") + std::string{what};
        };
        const bool named = fs::exists(path() / "segment");
        const bool has_shmid =
            named && read_file(path() / "segment").find("shmid -1") == std::string::npos;
        add(fs::exists(path() / "segment.new"), "file beside");
        add(named, "name");
        const auto view = ForeignView::of(dead);
        add(view.has_value(), "segment");
        if (view) {
            const auto rest = view->bytes().subspan(offsetof(shm::Prefix, program_version));
            add(has_content(token_in(*view)), "token");
            add(has_content(rest), "layout");
        }
        add(has_shmid, "shmid");
        is_published_ = view && has_content(view->bytes().first(sizeof(std::uint64_t)));
        add(is_published_, "magic");
        return text.empty() ? "nothing" : text;
    }

    void survive(pid_t dead, Findings& findings) override {
        go_on(dead, findings);  // nothing is mapped any more when it returns
        const auto left = ForeignView::find(dead);
        findings.require(!left, &Findings::doubled, "a segment is orphaned");
        if (left) ::shmctl(left->shmid, IPC_RMID, nullptr);
    }

  private:
    [[nodiscard]] const fs::path& path() const { return data_dir_.path(); }

    void go_on(pid_t dead, Findings& findings) {
        auto found = shm::find_segment(path(), boost::interprocess::read_write);
        findings.require(found.has_value() == ForeignView::find(dead).has_value(), &Findings::lost,
                         "the segment of the dead process is not found");
        const bool whole = found && found->state == shm::SegmentState::whole;
        findings.require(whole == is_published_, &Findings::torn,
                         "an incomplete segment counts as whole, or a whole one as incomplete");
        if (found && !whole) shm::remove_segment(path(), found->name);
        if (!whole) found = shm::create_segment(path(), plan());
        for (const std::string& sentence :
             shm::broken_invariants(found->segment, &is_plain_record)) {
            findings.require(false, &Findings::torn, sentence);
        }
        const auto again = shm::find_segment(path(), boost::interprocess::read_write);
        findings.require(again && again->name.shmid == found->name.shmid, &Findings::not_done_again,
                         "the new segment is not found");
        shm::remove_segment(path(), found->name);
    }

    static std::span<const char> token_in(const ForeignView& view) {
        return view.bytes().subspan(offsetof(shm::Prefix, token), sizeof(shm::Prefix::token));
    }

    TempDir data_dir_;
    std::optional<ForeignView> view_;
    bool is_published_ = false;
};

/// The supervisor has died. The session of ann is alive, the session of bob died in an append, and
/// a third child was forked and has not claimed its slot. The configuration of the next supervisor
/// lists dan instead of cat.
class Adopt : public SegmentOperation {
  public:
    Adopt() : SegmentOperation{shm::Durability::memory} {
        Sender ann{segment(), 0, "ann"};
        if (ann.say("a message").last_id != 1) throw Failure{"ann cannot append"};
        ForkedChild bob{[this] {
            Sender session{segment(), 1, "bob"};
            session.session().set_appending(true);
            return 0;
        }};
        if (bob.wait() != 0) throw Failure{"bob cannot log in"};
        given_.emplace(segment(), 2, shm::give_slot(segment(), 2).generation);
        begin_here();
    }

    [[nodiscard]] std::string name() const override { return "adopt"; }

    /// Does what belfryd does. A few unused slots stand for all.
    void run() override {
        auto found = shm::find_segment(scratch().data_dir(), boost::interprocess::read_write);
        shm::Segment& adopted = found->segment;
        if (!shm::set_known_clients(adopted, known(client_ids_)))
            throw Failure{"the client table is full"};
        shm::claim_supervision(adopted);
        for (std::uint32_t slot = few_slots; slot-- > 0;) {
            shm::ProcessEntry& entry = adopted.session_process(slot);
            const auto process =
                shm::revoke_unclaimed(entry) ? std::nullopt : shm::process_in(entry);
            if (process && base::open_process(*process)) continue;
            shm::reap_slot(adopted, slot);
        }
        shm::announce_presence(adopted);
        shm::wake_everybody(adopted);
    }

  protected:
    void go_on(Findings& findings) override {
        run();
        expect_clients(findings);
        static_cast<void>(state(0));
        findings.require(has_changed("sessions told") && has_changed("senders told") &&
                             has_changed("archiver told") && has_changed("writers told"),
                         &Findings::lost, "somebody may not have been woken");
        findings.require(shm::count_online(segment()) == 1U, &Findings::lost,
                         "the online clients are not ann alone");
        findings.require(!shm::Session{*given_}.claim(), &Findings::doubled,
                         "a slot can be claimed after it was revoked");
        findings.require(segment().session(1).appending == 0U, &Findings::lost,
                         "the flag of the dead session is still set");
        const Sender bob{segment(), 1, "bob"};
        const Sender dan{segment(), 2, client_ids_.back()};
        findings.require(log().last_id == 1U, &Findings::lost, "the message is lost");
    }

  private:
    void expect_clients(Findings& findings) {
        std::vector<std::string> known;
        std::size_t rows = 0;
        for (std::uint32_t row = 0; row < segment().geometry().client_rows; ++row) {
            if (shm::name_of(segment(), row).empty()) continue;
            ++rows;
            if (shm::is_known(segment(), row)) known.emplace_back(shm::name_of(segment(), row));
        }
        findings.require(known == client_ids_, &Findings::not_done_again,
                         "the wrong clients are known");
        findings.require(rows == 4, &Findings::torn, "a row has an incomplete name");
    }

    static constexpr std::uint32_t few_slots = 8;

    const std::vector<std::string> client_ids_{"ann", "bob", "dan-with-a-longer-name"};
    std::optional<shm::Session> given_;
};

TEST_F(KilledInside, ACreationLeavesNoOrphanedSegment) {
    Create operation;
    kill_at_every_instruction(operation);
}

TEST_F(KilledInside, AnAdoptionIsFinishedByTheNextSupervisor) {
    Adopt operation;
    kill_at_every_instruction(operation);
}

}  // namespace
}  // namespace belfry::test
