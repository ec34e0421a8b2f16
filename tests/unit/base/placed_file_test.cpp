#include "base/placed_file.hpp"

#include "tests/support/temp_dir.hpp"

#include <fcntl.h>

#include <gtest/gtest.h>

namespace belfry::test {
namespace {

namespace fs = std::filesystem;

TEST(PlacedFile, AFileIsInPlaceUntilItIsMovedDeletedOrReplacedAndAgainOnceItIsBack) {
    const TempDir folder;
    fs::create_directory(folder.path() / "dir");
    const fs::path path = folder.write("dir/file", "x");
    const base::UniqueFd open_file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    const base::PlacedFile by_path{path};
    const base::PlacedFile by_descriptor{path, open_file};
    const auto is_in_place = [&] {
        EXPECT_EQ(by_path.is_in_place(), by_descriptor.is_in_place());
        return by_path.is_in_place();
    };
    EXPECT_TRUE(is_in_place());
    fs::rename(folder.path() / "dir", folder.path() / "moved");
    EXPECT_FALSE(is_in_place());
    fs::create_directory(folder.path() / "dir");
    fs::copy_file(folder.path() / "moved/file", path);
    EXPECT_FALSE(is_in_place());
    fs::rename(folder.path() / "moved/file", path);
    EXPECT_TRUE(is_in_place());
    fs::remove(path);
    EXPECT_FALSE(is_in_place());
}

TEST(PlacedFile, AFileThatDidNotExistAtFirstIsNeverInPlace) {
    const TempDir folder;
    const base::PlacedFile file{folder.path() / "file"};
    EXPECT_FALSE(file.is_in_place());
    static_cast<void>(folder.write("file", ""));
    EXPECT_FALSE(file.is_in_place());
}

}  // namespace
}  // namespace belfry::test
