#include "store/backup.hpp"

#include "store/new_database.hpp"
#include "tests/unit/store/scratch_store.hpp"

#include <fcntl.h>

#include <gtest/gtest.h>

#include <fstream>

namespace belfry::test {
namespace {

namespace fs = std::filesystem;
using Kind = store::StoreError::Kind;

/// A store with several pages of messages.
class Backup : public ::testing::Test {
  protected:
    Backup() {
        store::StoreWriter writer{scratch_.dir()};
        store_numbered(writer, 1, 500, 1000);
    }

    ScratchStore scratch_;
    TempDir folder_;
};

TEST_F(Backup, IsWrittenThroughTheDescriptorOnly) {
    store::NewDatabase copy{folder_.path() / "belfry.db"};
    // After the rename the copy can no longer be opened by its name.
    const fs::path aside = folder_.path() / "aside";
    fs::rename(copy.temporary_path(), aside);
    store::back_up(scratch_.dir(), copy.fd(), copy.temporary_path());
    EXPECT_FALSE(fs::exists(copy.temporary_path()));
    fs::rename(aside, copy.temporary_path());
    copy.install();
    store::Database database{folder_.path() / "belfry.db", store::Database::Mode::read};
    EXPECT_EQ(database.number("SELECT count(*) FROM messages"), 500);
    store::Statement mode{database, "PRAGMA journal_mode"};
    ASSERT_TRUE(mode.step());
    EXPECT_EQ(mode.bytes(0), "delete");
    store::Statement whole{database, "PRAGMA integrity_check"};
    ASSERT_TRUE(whole.step());
    EXPECT_EQ(whole.bytes(0), "ok");
}

TEST_F(Backup, FailsOnAFullDisk) {
    const base::UniqueFd full{::open("/dev/full", O_RDWR | O_CLOEXEC)};
    ASSERT_TRUE(full);
    expect_store_error(Kind::failing, "full",
                       [&] { store::back_up(scratch_.dir(), full.get(), "copy"); });
}

TEST_F(Backup, FailsIfTheDescriptorIsReadOnly) {
    const base::UniqueFd file{::open(folder_.write("file", "").c_str(), O_RDONLY | O_CLOEXEC)};
    EXPECT_THROW(store::back_up(scratch_.dir(), file.get(), "copy"), store::StoreError);
}

TEST_F(Backup, LeavesNoFileIfItIsNotPublished) {
    { const store::NewDatabase copy{folder_.path() / "belfry.db"}; }
    EXPECT_TRUE(fs::is_empty(folder_.path()));
}

TEST_F(Backup, DoesNotFollowASymbolicLink) {
    const fs::path victim = folder_.write("victim", "precious");
    fs::create_symlink(victim, folder_.path() / "belfry.db.new");
    EXPECT_THROW((store::NewDatabase{folder_.path() / "belfry.db"}), store::StoreError);
    std::ifstream in{victim};
    std::string text;
    EXPECT_TRUE(in >> text);
    EXPECT_EQ(text, "precious");
}

}  // namespace
}  // namespace belfry::test
