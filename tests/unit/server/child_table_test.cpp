#include "server/child_table.hpp"

#include "shm/process_entry.hpp"
#include "shm/session_slots.hpp"
#include "tests/support/forked_child.hpp"
#include "tests/support/scratch_segment.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace belfry::server {
namespace {

using test::ForkedChild;

class AChildTable : public test::SegmentTest {
  protected:
    AChildTable() { adopt_all(table); }

    static void adopt_all(ChildTable& table) {
        for (std::uint32_t slot = table.slots(); slot-- > 0;) table.adopt(slot);
        table.expect_deaths();
    }

    /// A child that has claimed the next slot.
    ForkedChild fork() {
        const shm::GivenSlot given = shm::give_slot(segment(), table.free_slot());
        shm::ProcessEntry& entry = segment().session_process(given.slot);
        ForkedChild child{[&] { return shm::claim(entry, given.generation) ? ::pause() : 1; }};
        EXPECT_TRUE(test::eventually([&] {
            const auto process = shm::process_in(entry);
            return process && process->pid == child.pid();
        }));
        table.add(child.pid(), source);
        return child;
    }

    admission::Source source;
    /// One process at a time, and no failed login.
    admission::SourceLimits limits{
        {.per_source = {.interval = std::chrono::hours{1}, .burst = 1}, .free_failures = 0}};
    ChildTable table{segment(), limits};
};

TEST_F(AChildTable, GivesTheFirstFreeSlotAndTakesItBackWhenItsChildIsBuried) {
    ForkedChild one = fork();
    ForkedChild two = fork();
    EXPECT_EQ(table.size(), 2U);
    EXPECT_EQ(table.free_slot(), 2U);
    one.kill();
    table.bury_own(one.pid(), SIGKILL);
    EXPECT_EQ(table.size(), 1U);
    EXPECT_EQ(table.free_slot(), 0U);
    EXPECT_FALSE(shm::process_in(segment().session_process(0)));
    table.bury_own(one.pid(), SIGKILL);
    EXPECT_EQ(table.size(), 1U) << "a process that it does not know";
    two.kill();
    table.bury_own(two.pid(), SIGKILL);
}

TEST_F(AChildTable, TakesOverRunningChildrenAndFreesTheSlotsOfDeadOnes) {
    ForkedChild dead = fork();
    ForkedChild living = fork();
    dead.kill();
    ChildTable next{segment(), limits};
    adopt_all(next);
    EXPECT_EQ(next.size(), 1U);
    EXPECT_EQ(next.free_slot(), 0U);
    EXPECT_EQ(next.fd(0), -1);
    pollfd end{next.fd(1), POLLIN, 0};
    EXPECT_EQ(::poll(&end, 1, 0), 0);
    next.signal_all(SIGKILL);
    EXPECT_EQ(living.wait(), 128 + SIGKILL);
    EXPECT_EQ(::poll(&end, 1, 0), 1);
    next.bury_adopted(1);
    EXPECT_EQ(next.size(), 0U);
}

TEST_F(AChildTable, AsksTheOldestChildWithoutALoginToExitAfterASecond) {
    const auto start = test::Clock::now();
    ForkedChild oldest = fork();
    ForkedChild young = fork();
    EXPECT_TRUE(test::eventually([&] { return table.evict_oldest_pending(); }));
    EXPECT_GE(test::Clock::now() - start, std::chrono::seconds{1});
    EXPECT_EQ(oldest.wait(), 128 + SIGTERM);
    EXPECT_FALSE(young.has_ended());
    EXPECT_EQ(table.leaving(), 1U);
    table.bury_own(oldest.pid(), SIGTERM);
    EXPECT_EQ(table.leaving(), 0U);
    young.kill();
    table.bury_own(young.pid(), SIGKILL);
}

/// Tells whether the source of the table's children may have another process.
bool may_fork(admission::SourceLimits& limits, const admission::Source& source) {
    return limits.may_fork(source, base::Clock::now()) == admission::SourceLimits::Verdict::yes;
}

TEST_F(AChildTable, GivesTheTokenOfALoginBackWhenItSettles) {
    ASSERT_TRUE(may_fork(limits, source));
    ForkedChild child = fork();
    table.settle();
    EXPECT_FALSE(may_fork(limits, source));
    segment().session(0).client = 1;
    table.settle();
    EXPECT_TRUE(may_fork(limits, source));
    child.kill();
    table.bury_own(child.pid(), SIGKILL);
    EXPECT_FALSE(may_fork(limits, source)) << "the token was given back twice";
}

TEST_F(AChildTable, GivesTheTokenOfALoginBackWhenItsChildIsBuried) {
    ASSERT_TRUE(may_fork(limits, source));
    ForkedChild child = fork();
    segment().session(0).client = 1;
    child.kill();
    table.bury_own(child.pid(), SIGKILL);
    EXPECT_TRUE(may_fork(limits, source));
}

TEST_F(AChildTable, GivesTheTokenBackIfANodeOfAClusterCannotTakeALogin) {
    ASSERT_TRUE(may_fork(limits, source));
    ForkedChild child = fork();
    child.kill();
    table.bury_own(child.pid(), W_EXITCODE(exit_unavailable, 0));
    EXPECT_TRUE(may_fork(limits, source));
}

TEST_F(AChildTable, ReportsAFailedLoginByTheExitStatus) {
    for (const int status : {0, exit_failed_login}) {
        ForkedChild child = fork();
        child.kill();
        table.bury_own(child.pid(), W_EXITCODE(status, 0));
        EXPECT_EQ(limits.is_shut_out(source, base::Clock::now()), status != 0);
    }
}

}  // namespace
}  // namespace belfry::server
