#include "ctl/owner.hpp"

#include "ctl/refusal.hpp"
#include "tests/support/temp_dir.hpp"

#include <signal.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <filesystem>
#include <iostream>

/// Tests of the child of root that works as the owner of the data directory. That user may send it
/// signals.
namespace belfry::test {
namespace {

constexpr uid_t nobody_else = 61'234;

/// Makes another user the owner of the directory.
/// @return false if this process may not, because only root may
bool belongs_to_another_user(const TempDir& directory) {
    if (::chown(directory.path().c_str(), nobody_else, nobody_else) == 0) return true;
    std::cout << "not tested: only root can become another user\n";
    return false;
}

TEST(ChildOfRoot, WorksAsTheOwnerOfTheDirectory) {
    const TempDir directory;
    if (!belongs_to_another_user(directory)) return;
    const auto work = [](const auto&) {
        if (::geteuid() != nobody_else) throw ctl::Refusal{"the child runs as a different user"};
    };
    EXPECT_TRUE(ctl::run_as_owner_of(directory.path(), work));
    EXPECT_EQ(::geteuid(), 0U);
}

TEST(ChildOfRoot, IsNotWaitedForWhenItIsStopped) {
    const TempDir directory;
    if (!belongs_to_another_user(directory)) return;
    const auto work = [](const auto&) { ::raise(SIGSTOP); };
    EXPECT_THROW((void)ctl::run_as_owner_of(directory.path(), work), ctl::Refusal);
}

TEST(ChildOfRoot, IgnoresTheStopSignalOfATerminal) {
    const TempDir directory;
    if (!belongs_to_another_user(directory)) return;
    const auto work = [](const auto&) { ::raise(SIGTSTP); };
    EXPECT_TRUE(ctl::run_as_owner_of(directory.path(), work));
}

}  // namespace
}  // namespace belfry::test
