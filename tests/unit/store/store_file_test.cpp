#include "store/store_file.hpp"

#include "tests/unit/store/scratch_store.hpp"

#include <sys/stat.h>

#include <gtest/gtest.h>

#include <fstream>

namespace belfry::test {
namespace {

namespace fs = std::filesystem;
using Kind = store::StoreError::Kind;

class StoreFile : public ::testing::Test {
  protected:
    void expect_unusable(const std::string& part) {
        const auto both = scratch_.file().string();
        for (const auto& open : {store::open_to_read, store::open_to_write}) {
            expect_store_error(Kind::unusable, part, [&] { static_cast<void>(open(dir())); });
            expect_store_error(Kind::unusable, both, [&] { static_cast<void>(open(dir())); });
        }
    }

    void write(const std::string& contents) { std::ofstream{scratch_.file()} << contents; }

    [[nodiscard]] const fs::path& dir() const { return scratch_.dir(); }

    ScratchStore scratch_;
};

TEST_F(StoreFile, OnlyTheOwnerCanAccessANewStoreAndItsWal) {
    const mode_t old = ::umask(0);
    const store::Database database = store::open_to_write(dir());
    ::umask(old);
    for (const char* suffix : {"", "-wal", "-shm"}) {
        const fs::path file = scratch_.file().string() + suffix;
        ASSERT_TRUE(fs::exists(file)) << file;
        EXPECT_EQ(fs::status(file).permissions(), fs::perms::owner_read | fs::perms::owner_write)
            << file;
    }
}

TEST_F(StoreFile, IsNotOpenedThroughASymbolicLink) {
    static_cast<void>(store::open_to_write(dir()));
    const fs::path elsewhere = dir() / "elsewhere.db";
    fs::rename(scratch_.file(), elsewhere);
    fs::create_symlink(elsewhere, scratch_.file());
    const std::string why = "is a symbolic link";
    expect_store_error(Kind::failing, why, [&] { static_cast<void>(store::open_to_read(dir())); });
    expect_store_error(Kind::failing, why, [&] { static_cast<void>(store::open_to_write(dir())); });
}

TEST_F(StoreFile, IsOpenedThroughASymbolicLinkToItsDirectory) {
    const TempDir folder;
    const fs::path link = folder.path() / "link";
    fs::create_directory_symlink(dir(), link);
    static_cast<void>(store::open_to_write(link));
    static_cast<void>(store::open_to_read(link));
    EXPECT_TRUE(fs::exists(scratch_.file()));
}

TEST_F(StoreFile, LiesInTheDataDirectory) {
    EXPECT_FALSE(store::has_store(dir()));
    static_cast<void>(store::open_to_write(dir()));
    EXPECT_TRUE(store::has_store(dir()));
    EXPECT_EQ(scratch_.file(), dir() / "belfry.db");
}

TEST_F(StoreFile, IsOpenedInWalModeWithFullSync) {
    store::Database database = store::open_to_write(dir());
    store::Statement mode{database, "PRAGMA journal_mode"};
    ASSERT_TRUE(mode.step());
    EXPECT_EQ(mode.bytes(0), "wal");
    EXPECT_EQ(database.number("PRAGMA synchronous"), 2);
    EXPECT_EQ(database.number("PRAGMA wal_autocheckpoint"), 0);
}

TEST_F(StoreFile, KeepsItsMessagesWhenItIsOpenedAgain) {
    store::open_to_write(dir()).execute("INSERT INTO messages VALUES(1, 'ann', 1, 1, 'x')");
    EXPECT_EQ(store::open_to_write(dir()).number("SELECT count(*) FROM messages"), 1);
    EXPECT_EQ(store::open_to_read(dir()).number("SELECT count(*) FROM messages"), 1);
}

TEST_F(StoreFile, ReadingDoesNotCreateAStore) {
    expect_store_error(Kind::failing, scratch_.file().string(),
                       [this] { static_cast<void>(store::open_to_read(dir())); });
    EXPECT_FALSE(store::has_store(dir()));
}

TEST_F(StoreFile, AnInterruptedCreationIsRepeated) {
    write("");
    store::open_to_write(dir()).execute("SELECT id FROM messages");
    fs::remove(scratch_.file());
    // The creator was killed before it made the tables.
    scratch_.raw().execute("PRAGMA journal_mode = WAL");
    store::open_to_write(dir()).execute("SELECT id FROM messages");
}

TEST_F(StoreFile, AFileThatIsNotADatabaseIsUnusable) {
    write(std::string(10'000, 'x'));
    expect_unusable("not a database");
    EXPECT_EQ(read_file(scratch_.file()), std::string(10'000, 'x'));
}

TEST_F(StoreFile, AForeignDatabaseIsUnusableAndNotChanged) {
    scratch_.raw().execute("CREATE TABLE messages(x)");
    const std::string before = read_file(scratch_.file());
    expect_unusable("is not a Belfry database");
    EXPECT_EQ(read_file(scratch_.file()), before);
}

TEST_F(StoreFile, ANewerSchemaIsUnusable) {
    store::open_to_write(dir()).execute("PRAGMA user_version = 2");
    expect_unusable("has schema version 2, this program needs 1");
}

}  // namespace
}  // namespace belfry::test
