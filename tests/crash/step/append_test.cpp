#include "tests/support/log_reading.hpp"
#include "tests/support/step/killing.hpp"
#include "tests/support/step/segment_operation.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

/// A sender is killed while it appends. A message that was committed stays in the log; of a message
/// that was not committed nothing is visible.
namespace belfry::test {
namespace {

/// Client ann appends messages. After the kill she logs in again and sends the same messages again.
class Append : public SegmentOperation {
  public:
    [[nodiscard]] std::string name() const override { return name_; }
    void run() override { append(*session_); }

  protected:
    Append(std::string name, shm::Durability durability)
        : SegmentOperation{durability}, name_{std::move(name)} {
        session_ = claimed_session(segment(), slot);
        shm::Session::Welcome welcome;
        if (session_->login("ann", welcome) != shm::Session::LoginResult::welcome) {
            throw Failure{"ann cannot log in"};
        }
    }

    void append_before(std::string body) {
        shm::LogWriter writer{segment(), *session_, terse_format()};
        const shm::NewMessage message{++last_seq_, body};
        shm::Outcome outcome{};
        if (writer.append({&message, 1}, {&outcome, 1}).last_id == 0)
            throw Failure{"ann cannot append"};
        if (segment().has_store()) log().stored_id = log().last_id.load();
        before_.push_back({log().last_id, "ann", std::move(body)});
    }

    void begin_with(std::vector<std::string> bodies) {
        bodies_ = std::move(bodies);
        std::uint64_t id = log().last_id;
        for (const std::string& body : bodies_) messages_.push_back({++last_seq_, body});
        for (const std::string& body : bodies_) new_.push_back({++id, "ann", body});
        begin_here();
    }

    void go_on(Findings& findings) override {
        const bool committed = has_changed("last_id");
        expect_records(committed, findings);
        // If a sender dies between the commit and the notification, its flag is still set (11).
        findings.require(!committed || has_changed("flag") || has_changed("sessions told"),
                         &Findings::lost, "nobody is notified, and the flag is not set");
        const shm::Session session = log_in_again(slot, "ann", findings);
        const auto outcomes = append(session);
        const auto wanted = committed ? shm::Outcome::duplicate : shm::Outcome::appended;
        findings.require(std::ranges::count(outcomes, wanted) == std::ssize(outcomes),
                         committed ? &Findings::doubled : &Findings::not_done_again,
                         "a repeated message has the wrong outcome");
        expect_records(true, findings);
        findings.require(session.client().last_seq == last_seq_, &Findings::lost,
                         "the last seq is wrong");
    }

  private:
    static constexpr std::uint32_t slot = 0;

    std::vector<shm::Outcome> append(const shm::Session& session) {
        shm::LogWriter writer{segment(), session, terse_format()};
        std::vector<shm::Outcome> outcomes(messages_.size());
        static_cast<void>(writer.append(messages_, outcomes));
        return outcomes;
    }

    /// Checks that the records in the ring are the last ones of those that were sent.
    void expect_records(bool with_new, Findings& findings) {
        std::vector<KeptRecord> wanted = before_;
        if (with_new) wanted.insert(wanted.end(), new_.begin(), new_.end());
        const std::vector<KeptRecord> found = read_ring(segment());
        const std::uint64_t last = log().last_id;
        findings.require(last <= wanted.size(), &Findings::doubled,
                         "the log holds more messages than were sent");
        findings.require(last >= wanted.size(), &Findings::lost,
                         "the log holds fewer messages than were sent");
        const std::size_t count = std::min(found.size(), wanted.size());
        findings.require(std::equal(found.end() - std::ssize(found), found.end(),
                                    wanted.end() - static_cast<std::ptrdiff_t>(count)),
                         &Findings::torn, "a record differs from what was sent");
        findings.require(found.size() >= min_kept_, &Findings::lost,
                         "the ring holds too few records");
    }

  protected:
    std::size_t min_kept_ = 0;

  private:
    std::string name_;
    std::optional<shm::Session> session_;
    std::uint64_t last_seq_ = 0;
    std::vector<KeptRecord> before_;
    std::vector<KeptRecord> new_;
    std::vector<std::string> bodies_;
    std::vector<shm::NewMessage> messages_;
};

class AppendOne : public Append {
  public:
    AppendOne() : Append{"append one", shm::Durability::memory} {
        for (const char* body : {"the first", "the second"}) append_before(body);
        min_kept_ = 2;
        begin_with({"a message of forty bytes, all in one piece"});
    }
};

/// The ring is full, and the batch begins near its end and continues at its start.
class AppendBatch : public Append {
  public:
    AppendBatch() : Append{"append a batch across the wrap", shm::Durability::async} {
        const std::string filler(100, 'f');
        while (log().first_id == 1 || room_to_the_end() > 160 || room_to_the_end() < 80) {
            append_before(filler);
        }
        min_kept_ = 20;
        begin_with({std::string(40, 'x'), std::string(90, 'y'), std::string(150, 'z')});
    }

  private:
    std::uint64_t room_to_the_end() {
        const std::uint64_t ring = segment().ring().size();
        return ring - segment().position(log().last_id + 1).load() % ring;
    }
};

TEST_F(KilledInside, AnAppendLeavesTheWholeMessageOrNothing) {
    AppendOne operation;
    kill_at_every_instruction(operation);
}

TEST_F(KilledInside, ABatchAcrossTheWrapIsAppendedWholeOrNotAtAll) {
    AppendBatch operation;
    kill_at_every_instruction(operation);
}

}  // namespace
}  // namespace belfry::test
