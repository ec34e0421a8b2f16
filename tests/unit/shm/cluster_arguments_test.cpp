#include "shm/cluster_arguments.hpp"

#include "shm/data_directory.hpp"
#include "tests/support/temp_dir.hpp"

#include <sys/stat.h>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace belfry::test {
namespace {

using Words = std::vector<std::string>;

TEST(ClusterArguments, MayBeReadBack) {
    const TempDir folder;
    EXPECT_EQ(shm::read_cluster_arguments(folder.path()), Words{});
    const Words arguments{"--cluster", "http://e:2379", "--node", "a b"};
    shm::write_cluster_arguments(folder.path(), arguments);
    EXPECT_EQ(shm::read_cluster_arguments(folder.path()), arguments);
}

TEST(ClusterArguments, AreClosedToOtherUsers) {
    const TempDir folder;
    shm::write_cluster_arguments(folder.path(), {"--cluster", "http://e:2379"});
    struct stat info {};
    ASSERT_EQ(::stat((folder.path() / "cluster-options").c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0600U);
}

TEST(ClusterArguments, AreRemovedByASingleNode) {
    const TempDir folder;
    shm::write_cluster_arguments(folder.path(), {});
    shm::write_cluster_arguments(folder.path(), {"--cluster", "http://e:2379"});
    shm::write_cluster_arguments(folder.path(), {});
    EXPECT_FALSE(std::filesystem::exists(folder.path() / "cluster-options"));
}

TEST(ClusterArguments, ThatCannotBeWrittenAreAnError) {
    const TempDir folder;
    static_cast<void>(folder.make("cluster-options"));
    EXPECT_THROW(shm::write_cluster_arguments(folder.path(), {"--node", "a"}),
                 shm::DataDirectoryError);
}

}  // namespace
}  // namespace belfry::test
