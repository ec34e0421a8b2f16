#include "tests/support/deadline.hpp"
#include "tests/support/leftovers.hpp"
#include "tests/support/proc.hpp"

#include <sys/stat.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace belfry::test::leftovers {
namespace {

/// Fails the run if tests have left files, processes or segments behind.
class CheckAtTheEnd : public testing::Environment {
  public:
    void SetUp() override {
        ::umask(S_IWGRP | S_IWOTH);  // a data directory that a test makes must be safe
        for (const auto& segment : segments()) before_.insert(segment.shmid);
    }
    void TearDown() override {
        for (const auto& path : directories()) {
            EXPECT_FALSE(std::filesystem::exists(path)) << "left behind: " << path;
        }
        for (const auto& segment : segments()) {
            EXPECT_FALSE(was_started_here(segment.creator) && !before_.contains(segment.shmid))
                << "left behind: segment " << segment.shmid;
        }
        EXPECT_TRUE(eventually([] { return std::ranges::none_of(processes(), is_ours); }))
            << "left behind: processes of a server";
    }

  private:
    static bool was_started_here(pid_t pid) {
        const auto leaders = servers();
        return std::ranges::find(leaders, pid) != leaders.end();
    }
    static bool is_ours(const ProcessInfo& process) {
        return process.state != 'Z' && was_started_here(process.session);
    }

    std::set<int> before_;  ///< older segments: pids are reused
};

// GoogleTest owns it.
const auto* const registered = testing::AddGlobalTestEnvironment(new CheckAtTheEnd);

}  // namespace
}  // namespace belfry::test::leftovers
