#include "tests/support/leftovers.hpp"

#include "tests/support/deadline.hpp"
#include "tests/support/proc.hpp"

#include <sys/stat.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <mutex>
#include <set>
#include <vector>

namespace belfry::test::leftovers {
namespace {

struct Known {
    std::mutex mutex;
    std::vector<std::filesystem::path> directories;
    std::vector<pid_t> servers;
};

Known& known() {
    static Known everything;
    return everything;
}

class CheckAtTheEnd : public testing::Environment {
  public:
    void SetUp() override {
        ::umask(S_IWGRP | S_IWOTH);  // a data directory that a test makes must be safe
        for (const auto& segment : segments()) before_.insert(segment.shmid);
    }
    void TearDown() override {
        const std::lock_guard lock{known().mutex};
        for (const auto& path : known().directories) {
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
        return std::ranges::find(known().servers, pid) != known().servers.end();
    }
    static bool is_ours(const ProcessInfo& process) {
        return process.state != 'Z' && was_started_here(process.session);
    }

    std::set<int> before_;  ///< segments that were there: pids come again
};

// GoogleTest owns it.
const auto* const registered = testing::AddGlobalTestEnvironment(new CheckAtTheEnd);

}  // namespace

void remember_directory(const std::filesystem::path& path) {
    const std::lock_guard lock{known().mutex};
    known().directories.push_back(path);
}

void remember_server(pid_t leader) {
    const std::lock_guard lock{known().mutex};
    known().servers.push_back(leader);
}

void forget_server(pid_t leader) {
    const std::lock_guard lock{known().mutex};
    std::erase(known().servers, leader);
}

}  // namespace belfry::test::leftovers
