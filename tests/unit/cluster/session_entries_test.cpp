#include "cluster/session_entries.hpp"

#include "cluster/node_rows.hpp"
#include "shm/session_slots.hpp"
#include "tests/unit/cluster/node_fixture.hpp"

#include <array>
#include <atomic>
#include <string>
#include <thread>

namespace belfry::test {
namespace {

/// The clients and sessions of node `a`, as the replica and the sessions show them.
class SessionEntriesTest : public NodeTest {
  protected:
    /// Ann's login, as it was applied.
    void apply_login(std::uint64_t login, std::string_view node = "a") {
        shm::ClientRow& ann = segment().client(0);
        ann.login_node = cluster::row_of_node(segment(), node).value() + 1;
        ann.login = login;
    }
    /// A session process that has asked for this login.
    void start_session(std::uint32_t slot, std::uint64_t login) {
        static_cast<void>(claimed_session(segment(), slot));
        segment().session(slot).login = login;
    }
    void set_cursor(std::uint64_t id) {
        segment().client(0).cursor = shm::pack(shm::Cursor{1, id});
    }
    /// Returns what was appended since the last call.
    [[nodiscard]] std::string appended() {
        const std::uint64_t end = outbox().end;
        std::string bytes;
        if (end != seen_) shm::copy_outbox(segment(), seen_, end, bytes);
        seen_ = end;
        // The time of the entries is the present one.
        for (std::size_t at = 0; at < bytes.size(); at += 32 + std::size_t(bytes[at + 5])) {
            bytes.replace(at + 24, 8, 8, '\0');
        }
        return bytes;
    }

    std::uint64_t seen_ = 0;
    cluster::SessionEntries entries_{segment()};
};

TEST_F(SessionEntriesTest, ALoginWhoseSessionWasKilledIsEndedOnceWithItsCursor) {
    apply_login(77);
    start_session(3, 77);
    set_cursor(5);
    entries_.append_logouts();
    EXPECT_EQ(appended(), "") << "its session runs";
    shm::reap_slot(segment(), 3);
    entries_.append_logouts();
    EXPECT_EQ(appended(), written_entry(3, "ann", 77, 5));
    entries_.append_logouts();
    EXPECT_EQ(appended(), "");
}

TEST_F(SessionEntriesTest, ALoginThatIsAppliedMeanwhileIsNotTakenForOneOfADeadSession) {
    // A session shows the login in its slot before it asks for it. After a login has ended, its
    // slot shows it until a search for dead sessions can no longer have seen it as the current one.
    constexpr std::size_t slots = 8;
    for (std::uint32_t slot = 0; slot < slots; ++slot) start_session(slot, 0);
    std::atomic<std::uint64_t> searches{0};
    std::atomic<bool> done{false};
    std::thread others{[&] {
        std::array<std::uint64_t, slots> free_after{};
        for (std::uint64_t login = 1; login <= 5'000 && !done; ++login) {
            while (searches < free_after[login % slots] && !done) std::this_thread::yield();
            segment().client(0).login = 0;
            free_after[(login - 1) % slots] = searches + 2;
            segment().session(static_cast<std::uint32_t>(login % slots)).login = login;
            apply_login(login);
        }
        done = true;
    }};
    std::string ended;
    for (; !done && ended.empty(); ++searches) {
        entries_.append_logouts();
        ended = appended();
    }
    done = true;
    others.join();
    EXPECT_EQ(ended, "") << "a login whose session runs was ended";
}

TEST_F(SessionEntriesTest, ALoginAtAnotherNodeIsNotEnded) {
    apply_login(77, "b");
    set_cursor(5);
    entries_.append_logouts();
    entries_.append_cursors();
    EXPECT_EQ(appended(), "");
}

TEST_F(SessionEntriesTest, ASessionThatWaitsForItsLoginDoesNotKeepAnEarlierOneAlive) {
    apply_login(77);
    start_session(3, 88);
    entries_.append_logouts();
    EXPECT_EQ(appended(), written_entry(3, "ann", 77, 0));
}

TEST_F(SessionEntriesTest, ACursorIsToldOnlyAfterItHasMoved) {
    apply_login(77);
    entries_.append_cursors();
    EXPECT_EQ(appended(), "");
    set_cursor(5);
    entries_.append_cursors();
    EXPECT_EQ(appended(), written_entry(4, "ann", 77, 5));
    entries_.append_cursors();
    EXPECT_EQ(appended(), "");
    set_cursor(6);
    entries_.append_cursors();
    EXPECT_EQ(appended(), written_entry(4, "ann", 77, 6));
    apply_login(88);
    entries_.append_cursors();
    EXPECT_EQ(appended(), written_entry(4, "ann", 88, 6)) << "a cursor counts for its login";
}

TEST_F(SessionEntriesTest, WhatFindsNoRoomInTheOutboxIsAppendedLater) {
    apply_login(77);
    const std::string filler = written_entry(1, "ann", 7, 1, 0, std::string(8000, 'x'));
    while (shm::append_entry(segment(), filler) != 0) {
    }
    const std::string rest(32, 'x');
    while (shm::append_entry(segment(), rest) != 0) {
    }
    const std::uint64_t full = outbox().end;
    entries_.append_logouts();
    EXPECT_EQ(outbox().end, full);
    shm::publish_applied(segment(), full);
    seen_ = full;
    entries_.append_logouts();
    EXPECT_EQ(appended(), written_entry(3, "ann", 77, 0));
}

}  // namespace
}  // namespace belfry::test
