#include "shm/client_table.hpp"
#include "tests/support/step/killing.hpp"
#include "tests/support/step/segment_operation.hpp"

#include <gtest/gtest.h>

#include <optional>

/// A session child is killed in an operation other than an append. Its client can log in again and
/// continue at its cursor, wherever the child was killed.
namespace belfry::test {
namespace {

using shm::Session;

constexpr std::uint32_t slot = 0;
constexpr std::uint32_t later_slot = 1;

/// The log holds five messages from bob, and ann has acknowledged two of them.
class SessionOperation : public SegmentOperation {
  public:
    [[nodiscard]] std::string name() const override { return name_; }

  protected:
    explicit SessionOperation(std::string name)
        : SegmentOperation{shm::Durability::memory}, name_{std::move(name)} {
        Sender bob{segment(), 3, "bob"};
        for (int count = 0; count < 5; ++count) static_cast<void>(bob.say("a message"));
        Session ann = logged_in(slot);
        if (!ann.acknowledge(2)) throw Failure{"ann cannot acknowledge"};
        ann.leave();
        shm::reap_slot(segment(), slot);
    }

    [[nodiscard]] Session logged_in(std::uint32_t slot_of_ann) {
        Session ann = claimed_session(segment(), slot_of_ann);
        log_in(ann);
        return ann;
    }

    Session::Welcome log_in(Session& session) {
        Session::Welcome welcome;
        if (session.login("ann", welcome) != Session::LoginResult::welcome) {
            throw Failure{"ann cannot log in"};
        }
        return welcome;
    }

    [[nodiscard]] bool is_online() {
        return shm::online_session(segment(), *shm::find_row(segment(), "ann")).has_value();
    }

    [[nodiscard]] std::uint64_t cursor() {
        return shm::cursor_of(segment(), *shm::find_row(segment(), "ann"));
    }

    /// Reaps the dead child as the supervisor does. Then ann logs in and uses every operation.
    void log_in_and_check(std::uint32_t dead_slot, std::uint64_t wanted_cursor,
                          Findings& findings) {
        shm::reap_slot(segment(), dead_slot);
        findings.require(cursor() == wanted_cursor, &Findings::lost, "the cursor has moved");
        Session ann = log_in_again(dead_slot, "ann", findings);
        findings.require(is_online(), &Findings::not_done_again, "ann is not online");
        findings.require(ann.acknowledge(5) && cursor() == 5, &Findings::not_done_again,
                         "ann cannot acknowledge");
        expect_append(ann, true, findings);
        ann.leave();
        findings.require(!is_online(), &Findings::not_done_again, "ann is online after leave()");
    }

    void expect_append(const Session& session, bool wanted, Findings& findings) {
        const shm::NewMessage message{0, "another"};
        shm::Outcome outcome{};
        shm::LogWriter writer{segment(), session, terse_format()};
        const auto result = writer.append({&message, 1}, {&outcome, 1});
        findings.require((result.last_id != 0) == wanted && result.fenced != wanted,
                         wanted ? &Findings::not_done_again : &Findings::doubled,
                         wanted ? "ann cannot append" : "a fenced session appends");
    }

    std::optional<Session> session_;

  private:
    std::string name_;
};

class Claim : public SessionOperation {
  public:
    Claim() : SessionOperation{"claim a slot"} {
        session_.emplace(segment(), slot, shm::give_slot(segment(), slot).generation);
        begin_here();
    }
    void run() override { claimed_ = session_->claim(); }

  protected:
    void go_on(Findings& findings) override {
        const shm::ProcessEntry& entry = segment().session_process(slot);
        const auto process = shm::process_in(entry);
        findings.require(process.has_value() == has_changed("entry"), &Findings::torn,
                         "the entry does not name the dead process");
        findings.require(!process || !base::open_process(*process), &Findings::torn,
                         "the entry names a live process");
        log_in_and_check(slot, 2, findings);
        findings.require(!session_->claim(), &Findings::doubled, "the slot is claimed twice");
    }

  private:
    bool claimed_ = false;
};

class Leave : public SessionOperation {
  public:
    Leave() : SessionOperation{"leave a session"} {
        session_ = logged_in(slot);
        begin_here();
    }
    void run() override { session_->leave(); }

  protected:
    void go_on(Findings& findings) override {
        findings.require(is_online() != has_changed("session"), &Findings::torn,
                         "presence does not match the session word");
        const std::uint32_t changes = log().presence_changes;
        shm::reap_slot(segment(), slot);
        findings.require(!is_online(), &Findings::not_done_again, "the dead client is online");
        findings.require(log().presence_changes != changes, &Findings::lost, "nobody is notified");
        log_in_and_check(slot, 2, findings);
    }
};

class Login : public SessionOperation {
  public:
    Login() : SessionOperation{"log in"} {
        session_ = claimed_session(segment(), slot);
        begin_here();
    }
    void run() override { log_in(*session_); }

  protected:
    void go_on(Findings& findings) override { log_in_and_check(slot, 2, findings); }
};

/// A single write to the segment decides whether the earlier session is fenced.
class TakeOver : public SessionOperation {
  public:
    TakeOver() : SessionOperation{"take over"} {
        earlier_ = logged_in(slot);
        session_ = claimed_session(segment(), later_slot);
        begin_here();
    }
    void run() override { log_in(*session_); }

  protected:
    void go_on(Findings& findings) override {
        const bool taken_over = has_changed("session");
        findings.require(earlier_->is_current() != taken_over, &Findings::torn,
                         "two sessions are current, or none is");
        expect_append(*earlier_, !taken_over, findings);
        Session earlier = *earlier_;
        findings.require(earlier.acknowledge(2) != has_changed("cursor"), &Findings::torn,
                         "the wrong session can move the cursor");
        log_in_and_check(later_slot, 2, findings);
        expect_append(*earlier_, false, findings);
        findings.require(!earlier.acknowledge(5), &Findings::doubled,
                         "a fenced session acknowledges");
    }

  private:
    std::optional<Session> earlier_;
};

class Acknowledge : public SessionOperation {
  public:
    Acknowledge() : SessionOperation{"acknowledge"} {
        session_ = logged_in(slot);
        begin_here();
    }
    void run() override { acknowledged_ = session_->acknowledge(4); }

  protected:
    void go_on(Findings& findings) override {
        const std::uint64_t kept = has_changed("cursor") ? 4 : 2;
        findings.require(cursor() == kept, &Findings::torn,
                         "the cursor is neither the old nor the new one");
        log_in_and_check(slot, kept, findings);
    }

  private:
    bool acknowledged_ = false;
};

TEST_F(KilledInside, AClaimedSlotIsReapedAndGivenAwayAgain) {
    Claim operation;
    kill_at_every_instruction(operation);
}

TEST_F(KilledInside, ALeavingClientGoesOfflineAndOthersAreNotified) {
    Leave operation;
    kill_at_every_instruction(operation);
}

TEST_F(KilledInside, ALoginCanBeRepeated) {
    Login operation;
    kill_at_every_instruction(operation);
}

TEST_F(KilledInside, ATakeOverLeavesOneCurrentSession) {
    TakeOver operation;
    kill_at_every_instruction(operation);
}

TEST_F(KilledInside, AnAcknowledgementLeavesTheOldOrTheNewCursor) {
    Acknowledge operation;
    kill_at_every_instruction(operation);
}

}  // namespace
}  // namespace belfry::test
