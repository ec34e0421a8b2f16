#include "server/login_entries.hpp"
#include "server/outbox_writer.hpp"
#include "tests/support/played_replica.hpp"
#include "tests/support/step/killing.hpp"
#include "tests/support/step/segment_operation.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

/// A session child of a node of a cluster is killed while it puts something into the outbox. The
/// outbox then holds all of it or nothing, and the replica ends the login of the dead session.
namespace belfry::test {
namespace {

using shm::Session;
using wire::EntryKind;

constexpr std::uint32_t slot = 0;
constexpr std::uint32_t later_slot = 1;

/// Client ann is logged in, and has acknowledged two of three messages.
class OutboxOperation : public SegmentOperation {
  public:
    [[nodiscard]] std::string name() const override { return name_; }

  protected:
    explicit OutboxOperation(std::string name)
        : SegmentOperation{tiny_cluster_plan()}, name_{std::move(name)} {
        replica_.apply_elsewhere(EntryKind::login, "bob", 5);
        for (std::uint64_t seq = 1; seq <= 3; ++seq) {
            replica_.apply_elsewhere(EntryKind::message, "bob", 5, seq, "a message");
        }
        ann_ = claimed_session(segment(), slot);
        if (!log_in(*ann_) || !ann_->acknowledge(2)) throw Failure{"ann cannot log in"};
    }

    /// @return whether the session is the current one of ann
    [[nodiscard]] bool log_in(Session& session) {
        const auto asked =
            server::ask_for_login(segment(), session, "ann",
                                  {.id = ++last_login_, .replaces = replica_.client("ann").login});
        replica_.apply_all();
        Session::Welcome welcome;
        return asked.end != 0 && session.login("ann", welcome) == Session::LoginResult::welcome &&
               session.is_current();
    }

    [[nodiscard]] static shm::Outcome send(shm::Segment& segment, const Session& session) {
        const shm::NewMessage message{1, "a message of forty bytes, all in one piece"};
        shm::Outcome outcome{};
        server::OutboxWriter writer{segment, session};
        static_cast<void>(writer.append({&message, 1}, {&outcome, 1}));
        return outcome;
    }

    void expect_entries(const std::vector<EntryKind>& wanted, Findings& findings) {
        std::vector<EntryKind> found;
        for (const KeptEntry& entry : replica_.waiting()) found.push_back(entry.kind);
        findings.require(found == wanted, &Findings::torn, "the outbox holds the wrong entries");
        findings.require(
            shm::broken_invariants(segment(), &is_plain_record, &wire::entry_bytes).empty(),
            &Findings::torn, "the outbox is torn");
    }

    /// Reaps the dead child, and lets the replica do its part. Then ann logs in again at her
    /// cursor.
    void log_in_again(std::uint32_t dead_slot, Findings& findings) {
        shm::reap_slot(segment(), dead_slot);
        replica_.apply_all();
        replica_.end_dead_logins();
        replica_.apply_all();
        Session again = claimed_session(segment(), dead_slot);
        findings.require(log_in(again), &Findings::not_done_again, "ann cannot log in again");
        findings.require(shm::cursor_of(segment(), again.row()) == 2, &Findings::lost,
                         "the cursor has moved");
        ann_again_ = again;
    }

    PlayedReplica replica_{segment(), terse_format()};
    std::optional<Session> ann_;
    std::optional<Session> ann_again_;

  private:
    std::string name_;
    std::uint64_t last_login_ = 100;
};

class SendToCluster : public OutboxOperation {
  public:
    SendToCluster() : OutboxOperation{"append to the outbox"} { begin_here(); }
    void run() override { static_cast<void>(send(segment(), *ann_)); }

  protected:
    void go_on(Findings& findings) override {
        const bool committed = has_changed("end");
        expect_entries(committed ? std::vector{EntryKind::message} : std::vector<EntryKind>{},
                       findings);
        findings.require(!committed || has_changed("flag") || has_changed("archiver told"),
                         &Findings::lost, "the replica is not woken, and the flag is not set");
        log_in_again(slot, findings);
        const auto outcome = send(segment(), *ann_again_);
        findings.require(outcome == (committed ? shm::Outcome::duplicate : shm::Outcome::appended),
                         committed ? &Findings::doubled : &Findings::not_done_again,
                         "the repeated message has the wrong outcome");
        replica_.apply_all();
        findings.require(log().last_id == 4U, &Findings::lost, "the log does not hold it once");
        findings.require(ann_again_->client().stored_seq == 1U, &Findings::lost,
                         "the seq is wrong");
    }
};

/// The login is to replace one at the same node.
class AskForLogin : public OutboxOperation {
  public:
    AskForLogin() : OutboxOperation{"ask for a login"} {
        session_ = claimed_session(segment(), later_slot);
        login_ = {.id = 77, .replaces = ann_->login_id()};
        begin_here();
    }
    void run() override {
        static_cast<void>(server::ask_for_login(segment(), *session_, "ann", login_));
    }

  protected:
    void go_on(Findings& findings) override {
        const bool committed = has_changed("end");
        expect_entries(
            committed ? std::vector{EntryKind::cursor, EntryKind::login} : std::vector<EntryKind>{},
            findings);
        findings.require(!committed || has_changed("flag") || has_changed("archiver told"),
                         &Findings::lost, "the replica is not woken, and the flag is not set");
        findings.require(ann_->is_current(), &Findings::torn,
                         "the earlier session has ended before the login is applied");
        shm::reap_slot(segment(), later_slot);
        replica_.apply_all();
        findings.require(ann_->is_current() != committed, &Findings::torn,
                         "the login of the earlier session is wrong");
        log_in_again(later_slot, findings);
        findings.require(!ann_->is_current(), &Findings::doubled, "two sessions are current");
    }

  private:
    std::optional<Session> session_;
    server::NewLogin login_{};
};

class LogOut : public OutboxOperation {
  public:
    LogOut() : OutboxOperation{"log out of the cluster"} { begin_here(); }
    void run() override { server::log_out(segment(), *ann_); }

  protected:
    void go_on(Findings& findings) override {
        const bool committed = has_changed("end");
        expect_entries(committed ? std::vector{EntryKind::logout} : std::vector<EntryKind>{},
                       findings);
        shm::reap_slot(segment(), slot);
        replica_.apply_all();
        findings.require(shm::is_online(segment(), ann_->row()) != committed, &Findings::torn,
                         "the logout is not that of ann");
        replica_.end_dead_logins();
        replica_.apply_all();
        findings.require(!shm::is_online(segment(), ann_->row()), &Findings::not_done_again,
                         "the dead client is online");
        log_in_again(slot, findings);
    }
};

TEST_F(KilledInside, AnAppendToTheOutboxLeavesTheWholeEntryOrNothing) {
    SendToCluster operation;
    kill_at_every_instruction(operation);
}

TEST_F(KilledInside, ALoginThatWasAskedForIsEndedByTheReplica) {
    AskForLogin operation;
    kill_at_every_instruction(operation);
}

TEST_F(KilledInside, ALogoutIsFinishedByTheReplica) {
    LogOut operation;
    kill_at_every_instruction(operation);
}

}  // namespace
}  // namespace belfry::test
