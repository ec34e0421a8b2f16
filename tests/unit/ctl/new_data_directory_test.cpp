#include "ctl/new_data_directory.hpp"

#include "tests/support/temp_dir.hpp"

#include <unistd.h>

#include <gtest/gtest.h>

#include <filesystem>
#include <iostream>
#include <stdexcept>

/// In these tests root has found no directory, and another user creates one before root does.
namespace belfry::test {
namespace {

namespace fs = std::filesystem;

constexpr uid_t nobody_else = 61'234;

/// Makes another user the owner of `changed`, and expects that no store can be created in `path`.
void expect_refusal(const fs::path& changed, const fs::path& path) {
    if (::geteuid() != 0) {
        std::cout << "not tested: only root can create a file of another user\n";
        return;
    }
    ASSERT_EQ(::lchown(changed.c_str(), nobody_else, nobody_else), 0);
    EXPECT_THROW(ctl::NewDataDirectory{path}, std::runtime_error);
    EXPECT_TRUE(fs::is_empty(path));
}

TEST(NewDataDirectory, ADirectoryThatAnotherUserHasMadeIsNotUsed) {
    const TempDir folder;
    const fs::path path = folder.path() / "new";
    fs::create_directory(path);
    expect_refusal(path, path);
}

TEST(NewDataDirectory, ASymbolicLinkThatAnotherUserHasMadeIsNotUsed) {
    const TempDir folder;
    const TempDir roots;
    const fs::path path = folder.path() / "new";
    fs::create_directory_symlink(roots.path(), path);
    expect_refusal(path, path);
}

}  // namespace
}  // namespace belfry::test
