#include "base/process.hpp"
#include "shm/client_stats.hpp"
#include "shm/client_table.hpp"
#include "shm/log_lock.hpp"
#include "shm/news.hpp"
#include "store/log_record.hpp"
#include "tests/support/forked_session.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <string>
#include <string_view>

/// Tests of one session child, on a segment that the test itself reads and writes.
namespace belfry::test {
namespace {

shm::SegmentPlan plan(shm::Durability durability, std::uint64_t ring_bytes) {
    shm::SegmentPlan plan = small_plan();
    plan.durability = durability;
    plan.ring_bytes = ring_bytes;
    return plan;
}

void set_cursor(ScratchSegment& scratch, std::uint32_t row, std::uint64_t id) {
    scratch.segment().client(row).cursor = pack(shm::Cursor{0, id});
}

TEST(Session, AClientWhoseCursorIsAboveTheVisibleMessagesIsAnswered) {
    // This happens if the store has lost its newest messages, or if the durability has changed from
    // async to commit.
    ScratchSegment scratch{plan(shm::Durability::commit, 64 << 10)};
    Sender bob{scratch.segment(), 1, "bob", store::record_format};
    bob.append_numbered(1, 5);
    scratch.log().stored_id = 3;
    set_cursor(scratch, 0, 5);
    ForkedSession session{scratch, 0};
    session.send("LOGIN ann ack=manual\r\n");
    ASSERT_TRUE(session.read_to("LIVE 5\r\n"));
    session.send("PING a\r\n");
    EXPECT_TRUE(session.read_to("PONG a\r\n"));
    scratch.log().stored_id = 5;
    scratch.log().new_messages.notify_all();
    session.send("PING b\r\n");
    EXPECT_TRUE(session.read_to("PONG b\r\n"));
    session.child().signal(SIGTERM);
    EXPECT_TRUE(session.read_to("BYE shutting-down\r\n"));
}

/// True if a process sleeps on the condition. The sleeper is woken, and then goes to sleep again.
bool has_sleeper(shm::Condition& condition) {
    return condition.wake_some(1) == 1;
}

TEST(Session, ASenderMovesToTheSendersConditionBeforeItsMessageIsInTheLog) {
    ScratchSegment scratch{plan(shm::Durability::commit, 64 << 10)};
    ForkedSession session{scratch, 0};
    session.send("LOGIN ann\r\n");
    ASSERT_TRUE(session.read_to("LIVE 0\r\n"));
    ASSERT_TRUE(eventually([&] { return has_sleeper(scratch.log().new_messages); }));
    session.send("SEND 1 2\r\nhi\r\n");
    ASSERT_TRUE(eventually([&] { return scratch.log().last_id == 1U; }));
    EXPECT_FALSE(has_sleeper(scratch.log().new_messages));
    EXPECT_TRUE(eventually([&] { return has_sleeper(scratch.log().news_of_senders); }));
}

TEST(Session, ASessionThatWaitsForItsSentStaysOnTheSendersConditionAfterAMessageOfAnotherClient) {
    ScratchSegment scratch{plan(shm::Durability::commit, 64 << 10)};
    Sender bob{scratch.segment(), 1, "bob", store::record_format};
    ForkedSession session{scratch, 0};
    session.send("LOGIN ann\r\n");
    ASSERT_TRUE(session.read_to("LIVE 0\r\n"));
    ASSERT_EQ(bob.say("bob's").decided, 1U);
    session.send("SEND 1 2\r\nhi\r\n");
    ASSERT_TRUE(eventually([&] { return scratch.log().last_id == 2U; }));
    ASSERT_TRUE(eventually([&] { return has_sleeper(scratch.log().news_of_senders); }));
    scratch.log().stored_id = 1;
    scratch.log().news_of_senders.notify_all();
    ASSERT_TRUE(session.read_to("bob's\r\n"));
    EXPECT_TRUE(eventually([&] { return has_sleeper(scratch.log().news_of_senders); }));
    scratch.log().stored_id = 2;
    scratch.log().news_of_senders.notify_all();
    EXPECT_TRUE(session.read_to("SENT 1 2\r\n"));
}

TEST(Session, AnAnsweredSenderReturnsToTheGeneralConditionAfterAMessageOfAnotherClient) {
    ScratchSegment scratch{plan(shm::Durability::commit, 64 << 10)};
    Sender bob{scratch.segment(), 1, "bob", store::record_format};
    ForkedSession session{scratch, 0};
    session.send("LOGIN ann\r\nSEND 1 2\r\nhi\r\n");
    ASSERT_TRUE(eventually([&] { return scratch.log().last_id == 1U; }));
    const auto store_all = [&] {
        scratch.log().stored_id = scratch.log().last_id.load();
        shm::wake_everybody(scratch.segment());
    };
    store_all();
    ASSERT_TRUE(session.read_to("SENT 1 1\r\n"));
    session.send("SEND 1 2\r\nhi\r\n");
    ASSERT_TRUE(session.read_to("DUP 1\r\n"));
    ASSERT_EQ(bob.say("bob's").decided, 1U);
    store_all();
    ASSERT_TRUE(session.read_to("bob's\r\n"));
    EXPECT_TRUE(eventually([&] { return has_sleeper(scratch.log().new_messages); }));
}

TEST(Session, SigtermEndsAnAnswerToHistory) {
    ScratchSegment scratch{plan(shm::Durability::memory, 4 << 20)};
    Sender bob{scratch.segment(), 1, "bob", store::record_format};
    for (int i = 0; i < 400; ++i) ASSERT_EQ(bob.say(std::string(8000, 'x')).decided, 1U);
    set_cursor(scratch, 0, 400);
    ForkedSession session{scratch, 0};
    session.send("LOGIN ann\r\n");
    ASSERT_TRUE(session.read_to("LIVE 400\r\n"));
    session.send("HISTORY 1 400\r\n");
    // The answer fills the connection long before its end.
    ASSERT_TRUE(eventually([&] { return session.unread_bytes() > 64 << 10; }));
    ASSERT_TRUE(eventually([&] { return session.child().is_asleep(); }));
    session.child().signal(SIGTERM);
    const std::string& all = session.read_all();
    EXPECT_TRUE(all.ends_with("BYE shutting-down\r\n")) << all.substr(all.size() - 100);
    EXPECT_EQ(all.find("\r\nEND "), std::string::npos);
}

TEST(Session, SigtermEndsADupThatWaitsWithoutAnAnswer) {
    ScratchSegment scratch{plan(shm::Durability::commit, 64 << 10)};
    ForkedSession session{scratch, 0};
    session.send("LOGIN ann\r\nSEND 1 2\r\nhi\r\nSEND 1 2\r\nhi\r\n");
    ASSERT_TRUE(eventually([&] { return scratch.log().last_id == 1U; }));
    ASSERT_TRUE(eventually([&] { return session.has_read_all() && session.child().is_asleep(); }));
    session.child().signal(SIGTERM);
    const std::string& all = session.read_all();
    EXPECT_TRUE(all.ends_with("BYE shutting-down\r\n")) << all;
    EXPECT_EQ(all.find("DUP"), std::string::npos) << "the message is not stored";
}

TEST(Session, NothingIsAnsweredBeforeWelcome) {
    for (int round = 0; round < 20; ++round) {
        ScratchSegment scratch{plan(shm::Durability::memory, 64 << 10)};
        Sender bob{scratch.segment(), 1, "bob", store::record_format};
        ASSERT_EQ(bob.say("bob's").decided, 1U);
        ForkedSession session{scratch, 0};
        session.send("LOGIN ann\r\nPING early\r\nNONSENSE\r\nQUIT\r\n");
        const std::string& all = session.read_all();
        EXPECT_TRUE(all.starts_with("WELCOME ann ")) << all;
        EXPECT_LT(all.find("\r\nPONG early\r\n"), all.find("\r\nERR unknown-command ")) << all;
        EXPECT_LT(all.find("bob's\r\n"), all.find("\r\nLIVE 1\r\n")) << all;
        EXPECT_TRUE(all.ends_with("\r\nBYE quit\r\n")) << all;
    }
}

TEST(Session, SigtermInALoginIsAnsweredByWelcomeAndThenBye) {
    ScratchSegment scratch{plan(shm::Durability::memory, 64 << 10)};
    ForkedSession session{scratch, 0};
    shm::LogLock lock{scratch.segment()};
    lock.lock();  // the login needs it
    session.send("LOGIN ann\r\n");
    ASSERT_TRUE(eventually([&] { return session.has_read_all(); }));
    session.child().signal(SIGTERM);
    lock.unlock();
    const std::string& all = session.read_all();
    EXPECT_TRUE(all.starts_with("WELCOME ann ")) << all;
    EXPECT_TRUE(all.ends_with("LIVE 0\r\nBYE shutting-down\r\n")) << all;
}

TEST(Session, ALoginThatArrivedInTimeCountsEvenIfItsProcessRunsTooLate) {
    ScratchSegment scratch{plan(shm::Durability::memory, 64 << 10)};
    ForkedSession session{scratch, 0, [] { ::raise(SIGSTOP); }, Milliseconds{0}};
    session.send("LOGIN ann\r\nQUIT\r\n");
    ASSERT_TRUE(eventually([&] { return base::is_stopped(session.child().pid()); }));
    session.child().signal(SIGCONT);
    EXPECT_TRUE(session.read_all().starts_with("WELCOME ann ")) << session.read_all();
}

/// From now on this process can start no thread. The limit does not bind root.
void forbid_threads() {
    constexpr uid_t nobody_else = 61'235;
    const rlimit none{0, 0};
    if (::setrlimit(RLIMIT_NPROC, &none) == -1 ||
        (::geteuid() == 0 && ::setuid(nobody_else) == -1)) {
        throw system_failure("a limit of no threads");
    }
}

TEST(Session, ALoginForWhichThereIsNoThreadIsRefusedAndUndone) {
    ScratchSegment scratch{plan(shm::Durability::memory, 64 << 10)};
    ForkedSession session{scratch, 0, &forbid_threads};
    session.send("LOGIN ann\r\n");
    EXPECT_TRUE(session.read_all().starts_with("ERR too-many-clients - ")) << session.read_all();
    EXPECT_FALSE(shm::online_slot(scratch.segment(), 0).has_value());
    EXPECT_EQ(shm::last_ends_of(scratch.segment().client(0))[0], shm::EndReason::failed);
}

TEST(Session, ALoginInASlotThatAnotherSupervisorHasReapedClosesTheConnectionWithoutAnError) {
    ScratchSegment scratch{plan(shm::Durability::memory, 64 << 10)};
    ForkedSession session{scratch, 0};
    const shm::ProcessEntry& entry = scratch.segment().session_process(0);
    ASSERT_TRUE(eventually([&] { return shm::unpack(entry.word).low != 0; }));
    shm::reap_slot(scratch.segment(), 0);
    session.send("LOGIN ann\r\n");
    EXPECT_EQ(session.read_all(), "");
}

}  // namespace
}  // namespace belfry::test
