#include "ctl/owner.hpp"

#include "ctl/refusal.hpp"
#include "tests/support/temp_dir.hpp"

#include <signal.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <filesystem>
#include <iostream>

/// A child of root's works as the user who owns the data directory, and that user may signal it.
namespace belfry::test {
namespace {

constexpr uid_t nobody_else = 61'234;

/// @return false: only root can become another user, so there is nothing to test
bool belongs_to_another_user(const TempDir& directory) {
    if (::chown(directory.path().c_str(), nobody_else, nobody_else) == 0) return true;
    std::cout << "only root can become another user: nothing is tested here\n";
    return false;
}

TEST(ChildOfRoot, WorksAsTheOwnerOfTheDirectory) {
    const TempDir directory;
    if (!belongs_to_another_user(directory)) return;
    const auto work = [](const auto&) {
        if (::geteuid() != nobody_else) throw ctl::Refusal{"it is somebody else"};
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

TEST(ChildOfRoot, GoesOnWhenATerminalStopsItsParent) {
    const TempDir directory;
    if (!belongs_to_another_user(directory)) return;
    const auto work = [](const auto&) { ::raise(SIGTSTP); };
    EXPECT_TRUE(ctl::run_as_owner_of(directory.path(), work));
}

}  // namespace
}  // namespace belfry::test
