#include "shm/clients_path.hpp"

#include "shm/data_directory.hpp"
#include "tests/support/temp_dir.hpp"

#include <gtest/gtest.h>

#include <filesystem>

namespace belfry::test {
namespace {

TEST(ClientsPath, IsAbsoluteAndMayBeReadBack) {
    const TempDir folder;
    EXPECT_FALSE(shm::read_clients_path(folder.path()));
    shm::write_clients_path(folder.path(), "/etc/belfry/clients");
    EXPECT_EQ(shm::read_clients_path(folder.path()), "/etc/belfry/clients");
    shm::write_clients_path(folder.path(), "clients");
    EXPECT_EQ(shm::read_clients_path(folder.path()), std::filesystem::absolute("clients"));
}

TEST(ClientsPath, IsRemovedIfThereIsNoClientsFile) {
    const TempDir folder;
    shm::remove_clients_path(folder.path());
    shm::write_clients_path(folder.path(), "clients");
    shm::write_clients_path(folder.path(), {});
    EXPECT_FALSE(shm::read_clients_path(folder.path()));
}

TEST(ClientsPath, ThatCannotBeWrittenIsAnError) {
    const TempDir folder;
    static_cast<void>(folder.make("clients-file"));
    EXPECT_THROW(shm::write_clients_path(folder.path(), "clients"), shm::DataDirectoryError);
}

}  // namespace
}  // namespace belfry::test
