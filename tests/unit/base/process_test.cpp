#include "base/process.hpp"

#include "tests/support/forked_child.hpp"

#include <gtest/gtest.h>

#include <atomic>

namespace belfry::test {
namespace {

constexpr pid_t no_process = 0x7fff'ffff;  // above the largest pid_max

class ProcessTest : public ::testing::Test {
  protected:
    [[nodiscard]] static base::UniqueFd open(const ForkedChild& child) {
        return base::open_process({child.pid(), base::start_time_of(child.pid()).value_or(0)});
    }

    ForkedChild child_{[] { return ::pause(); }};
};

TEST_F(ProcessTest, TheStartTimeIsTheOneThatTheKernelReports) {
    const auto start = base::start_time_of(child_.pid());
    ASSERT_TRUE(start);
    EXPECT_EQ(*start, process_info(child_.pid())->start_time);
    EXPECT_GE(*start, base::start_time_of(::getpid()));
}

TEST_F(ProcessTest, AMissingProcessHasNoStartTime) {
    EXPECT_FALSE(base::start_time_of(no_process));
    EXPECT_FALSE(base::is_stopped(no_process));
    EXPECT_FALSE(base::open_pidfd(no_process));
}

TEST_F(ProcessTest, AProcessMayHaveAnyName) {
    Shared<std::atomic<bool>> named;
    const ForkedChild child{[&] {
        ::prctl(PR_SET_NAME, "a) R 1 (b 2");
        *named = true;
        return ::pause();
    }};
    ASSERT_TRUE(eventually([&] { return named->load(); }));
    EXPECT_EQ(base::start_time_of(child.pid()), process_info(child.pid())->start_time);
    EXPECT_FALSE(base::is_stopped(child.pid()));
}

TEST_F(ProcessTest, AProcessIsStoppedBetweenSigstopAndSigcont) {
    EXPECT_FALSE(base::is_stopped(child_.pid()));
    child_.signal(SIGSTOP);
    EXPECT_TRUE(eventually([this] { return base::is_stopped(child_.pid()); }));
    child_.signal(SIGCONT);
    EXPECT_TRUE(eventually([this] { return !base::is_stopped(child_.pid()); }));
}

TEST_F(ProcessTest, AProcessIsOpenedByPidAndStartTime) {
    EXPECT_TRUE(open(child_));
}

TEST_F(ProcessTest, APidWithAnotherStartTimeIsNotOpened) {
    const auto start = base::start_time_of(child_.pid());
    ASSERT_TRUE(start);
    EXPECT_FALSE(base::open_process({child_.pid(), *start + 1}));
    EXPECT_FALSE(base::open_process({child_.pid(), 0}));
}

TEST_F(ProcessTest, AProcessThatMayNotBeSignalledIsNotOpened) {
    // Root may signal every process, so a child of another user tries if the test runs as root.
    // Otherwise the first process belongs to root.
    const bool is_root = ::geteuid() == 0;
    const pid_t pid = is_root ? ::getpid() : 1;
    if (!is_root && ::kill(pid, 0) == 0)
        return;  // in this container every process has the same user
    const base::ProcessId other{pid, base::start_time_of(pid).value_or(0)};
    ForkedChild somebody{[&] {
        constexpr uid_t nobody_else = 61'234;
        if (is_root && ::setuid(nobody_else) != 0) return 2;
        return base::open_process(other) ? 1 : 0;
    }};
    EXPECT_EQ(somebody.wait(), 0);
}

TEST_F(ProcessTest, AProcessThatHasEndedIsNotOpened) {
    const auto start = base::start_time_of(child_.pid());
    ASSERT_TRUE(start);
    child_.signal(SIGKILL);
    ASSERT_TRUE(eventually([this] { return process_info(child_.pid())->state == 'Z'; }));
    EXPECT_FALSE(base::open_process({child_.pid(), *start}));
    child_.kill();
    EXPECT_FALSE(base::open_process({child_.pid(), *start}));
}

TEST_F(ProcessTest, AnOpenedProcessCanBeSignalledAndWaitedFor) {
    const base::UniqueFd pidfd = open(child_);
    EXPECT_FALSE(base::wait_for_end(pidfd, Clock::now()));
    base::send_signal(pidfd, SIGTERM);
    EXPECT_TRUE(base::wait_for_end(pidfd, Clock::now() + scaled(default_wait)));
    EXPECT_EQ(child_.wait(), 128 + SIGTERM);
    base::send_signal(pidfd, SIGTERM);  // has no effect
    EXPECT_TRUE(base::wait_for_end(pidfd, Clock::now()));
}

}  // namespace
}  // namespace belfry::test
