#include "tests/support/faulty_disk.hpp"

#include "tests/support/failure.hpp"
#include "tests/support/forked_child.hpp"
#include "tests/support/temp_dir.hpp"

#include <dlfcn.h>

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <sqlite3.h>
#include <string>

/// Tests of what SQLite does on a faulty disk. The tests of the server rely on it.
namespace belfry::test {
namespace {

/// A connection with the same settings as the archiver's.
class Database {
  public:
    explicit Database(const std::filesystem::path& path) {
        const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_EXRESCODE;
        const int opened = sqlite3_open_v2(path.c_str(), &handle_, flags, nullptr);
        if (opened != SQLITE_OK || run("PRAGMA synchronous=FULL") != SQLITE_OK) {
            throw Failure("cannot open " + path.string());
        }
    }
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;
    ~Database() { sqlite3_close(handle_); }

    int run(const char* sql) { return sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr); }

    /// Inserts one row in a transaction.
    int commit() { return run("INSERT INTO numbers VALUES (1)"); }

    /// Returns how many rows there are; throws Failure if they cannot be read.
    int rows() {
        int count = -1;
        const auto keep = [](void* result, int, char** values, char**) {
            *static_cast<int*>(result) = std::atoi(values[0]);
            return 0;
        };
        const char* sql = "SELECT count(*) FROM numbers";
        if (sqlite3_exec(handle_, sql, keep, &count, nullptr) != SQLITE_OK) {
            throw Failure(sqlite3_errmsg(handle_));
        }
        return count;
    }

  private:
    sqlite3* handle_ = nullptr;
};

void create_database(const std::filesystem::path& path) {
    Database database{path};
    if (database.run("PRAGMA journal_mode=WAL; CREATE TABLE numbers (number)") != SQLITE_OK) {
        throw Failure("cannot create " + path.string());
    }
}

/// Loads the faulty disk into this process until it ends, as LD_PRELOAD does for a program at its
/// start.
void move_to(const FaultyDisk& disk) {
    for (const auto& [name, value] : disk.environment()) ::setenv(name.c_str(), value.c_str(), 1);
    if (::dlopen(beside_test_program("faulty_vfs.so").c_str(), RTLD_NOW) == nullptr) {
        throw Failure(::dlerror());
    }
}

class FaultyDiskTest : public testing::Test {
  protected:
    FaultyDiskTest() { create_database(path()); }

    [[nodiscard]] std::filesystem::path path() const { return folder_.path() / "test.db"; }

    /// Starts a process that calls the function with a connection on the disk. It exits with 0 if
    /// the function returns true.
    template <class Function>
    ForkedChild process(Function function) {
        return ForkedChild{[this, function] {
            move_to(disk);
            Database database{path()};
            return function(database) ? 0 : 1;
        }};
    }

    /// Runs such a process to its end, and returns the number that the function returns.
    template <class Function>
    int result_of(Function function) {
        Shared<std::atomic<int>> result;
        auto child = process([&](Database& database) {
            *result = function(database);
            return true;
        });
        if (child.wait() != 0) throw Failure("the process has failed");
        return *result;
    }

    /// Starts a process that writes a row, kills it during the sync of its commit, and reaps it.
    pid_t kill_in_the_sync_of_a_commit() {
        disk.hold_syncs();
        auto child = process([](Database& database) { return database.commit() == SQLITE_OK; });
        EXPECT_EQ(disk.wait_for_held_sync(), child.pid());
        child.kill();
        return child.pid();
    }

    /// Returns how many rows another process can read now.
    int rows() { return Database{path()}.rows(); }

    FaultyDisk disk;

  private:
    TempDir folder_;
};

TEST_F(FaultyDiskTest, AFullDiskFailsACommitAndARetryWorksOnceThereIsSpace) {
    const int failed = result_of([this](Database& database) {
        disk.fill_up();
        const int result = database.commit();
        disk.make_room();
        if (database.rows() != 0) throw Failure("the failed commit has left a row");
        if (database.commit() != SQLITE_OK) throw Failure("the retry has failed");
        return result;
    });
    EXPECT_EQ(failed, SQLITE_FULL);
    EXPECT_EQ(rows(), 1);
}

TEST_F(FaultyDiskTest, AWriteErrorFailsACommitAndARetryWorksAfterwards) {
    const int failed = result_of([this](Database& database) {
        disk.fail_writes();
        const int result = database.commit();
        disk.mend();
        if (database.rows() != 0) throw Failure("the failed commit has left a row");
        if (database.commit() != SQLITE_OK) throw Failure("the retry has failed");
        return result;
    });
    EXPECT_EQ(failed, SQLITE_IOERR_WRITE);
    EXPECT_EQ(rows(), 1);
}

TEST_F(FaultyDiskTest, ASyncErrorFailsACommitAndARetryWorksAfterwards) {
    const int failed = result_of([this](Database& database) {
        disk.fail_syncs();
        const int result = database.commit();
        disk.mend();
        if (database.rows() != 0) throw Failure("the failed commit has left a row");
        if (database.commit() != SQLITE_OK) throw Failure("the retry has failed");
        return result;
    });
    EXPECT_EQ(failed, SQLITE_IOERR_FSYNC);
    EXPECT_EQ(rows(), 1);
}

TEST_F(FaultyDiskTest, ACommitWhoseSyncFailedCanBeReadAfterItsProcessWasKilled) {
    auto child = process([this](Database& database) {
        if (database.commit() != SQLITE_OK) return false;
        disk.fail_syncs();
        if (database.commit() != SQLITE_IOERR_FSYNC || database.rows() != 1) return false;
        return ::raise(SIGKILL) == 0;
    });
    EXPECT_EQ(child.wait(), 128 + SIGKILL);
    EXPECT_EQ(rows(), 2);
}

TEST_F(FaultyDiskTest, AReadErrorFailsAQueryAndARetryWorksAfterwards) {
    const char* query = "SELECT * FROM numbers";
    const int failed = result_of([&](Database& database) {
        disk.fail_reads();
        const int result = database.run(query);
        disk.mend();
        if (database.run(query) != SQLITE_OK) throw Failure("the retry has failed");
        return result;
    });
    EXPECT_EQ(failed, SQLITE_IOERR_READ);
}

TEST_F(FaultyDiskTest, AReadErrorAlsoFailsAQueryThatReadsThroughAMapping) {
    const int failed = result_of([this](Database& database) {
        database.run("PRAGMA mmap_size=1000000");
        disk.fail_reads();
        return database.run("SELECT * FROM numbers");
    });
    EXPECT_EQ(failed, SQLITE_IOERR_READ);
}

TEST_F(FaultyDiskTest, ACommitSyncsTheWalOnce) {
    const int syncs = result_of([this](Database& database) {
        database.commit();
        const auto before = disk.wal_syncs();
        database.run("BEGIN; INSERT INTO numbers VALUES (1), (2); DELETE FROM numbers; COMMIT");
        return static_cast<int>(disk.wal_syncs() - before);
    });
    EXPECT_EQ(syncs, 1);
}

TEST_F(FaultyDiskTest, TheFirstCommitToANewWalAlsoSyncsTheHeader) {
    const int syncs = result_of([this](Database& database) {
        database.commit();
        return static_cast<int>(disk.wal_syncs());
    });
    EXPECT_EQ(syncs, 2);
}

TEST_F(FaultyDiskTest, ACommitWritesTwicePerPage) {
    const int writes = result_of([this](Database& database) {
        database.commit();
        const auto before = disk.wal_writes();
        database.commit();
        return static_cast<int>(disk.wal_writes() - before);
    });
    EXPECT_EQ(writes, 2);
}

TEST_F(FaultyDiskTest, ACheckpointSyncsTheWalAndTheDatabase) {
    auto writer = process([this](Database& database) {
        database.commit();
        const auto wal_syncs = disk.wal_syncs();
        const auto db_syncs = disk.db_syncs();
        database.run("PRAGMA wal_checkpoint(FULL)");
        return disk.wal_syncs() == wal_syncs + 1 && disk.db_syncs() == db_syncs + 1;
    });
    EXPECT_EQ(writer.wait(), 0);
}

TEST_F(FaultyDiskTest, AHeldSyncHoldsTheCommitUntilItIsReleased) {
    disk.hold_syncs();
    Shared<std::atomic<bool>> is_committed;
    auto writer = process([&](Database& database) {
        *is_committed = database.commit() == SQLITE_OK;
        return is_committed->load();
    });
    EXPECT_EQ(disk.wait_for_held_sync(), writer.pid());
    const auto syncs = disk.wal_syncs();
    EXPECT_EQ(rows(), 0);
    EXPECT_FALSE(*is_committed);
    disk.release_syncs();
    EXPECT_EQ(writer.wait(), 0);
    EXPECT_GT(disk.wal_syncs(), syncs);
    EXPECT_EQ(rows(), 1);
}

TEST_F(FaultyDiskTest, AHeldSyncCanBeMadeToFail) {
    disk.hold_syncs();
    auto writer =
        process([](Database& database) { return database.commit() == SQLITE_IOERR_FSYNC; });
    disk.wait_for_held_sync();
    disk.fail_syncs();
    disk.release_syncs();
    EXPECT_EQ(writer.wait(), 0);
}

TEST_F(FaultyDiskTest, WritesOfAProcessThatWasKilledDuringASyncCanBeRead) {
    kill_in_the_sync_of_a_commit();
    EXPECT_EQ(rows(), 1);
}

TEST_F(FaultyDiskTest, APowerCutLosesUnsyncedWrites) {
    kill_in_the_sync_of_a_commit();
    disk.lose_what_was_not_synced(path());
    EXPECT_EQ(rows(), 0);
}

TEST_F(FaultyDiskTest, APowerCutKeepsSyncedWrites) {
    auto writer = process(
        [](Database& database) { return database.commit() == SQLITE_OK && ::raise(SIGKILL) == 0; });
    EXPECT_EQ(writer.wait(), 128 + SIGKILL);
    disk.lose_what_was_not_synced(path());
    EXPECT_EQ(rows(), 1);
}

TEST_F(FaultyDiskTest, APowerCutKeepsASyncedCommitThatWasLargerThanTheCache) {
    // For such a commit SQLite goes back in the WAL, because it writes some pages once more, with
    // their checksums.
    auto writer = process([](Database& database) {
        const char* sql =
            "PRAGMA cache_size=10; BEGIN;"
            "WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number LIMIT 100)"
            "INSERT INTO numbers SELECT zeroblob(3000) FROM number;"
            "UPDATE numbers SET number = randomblob(3000); COMMIT";
        return database.run(sql) == SQLITE_OK && ::raise(SIGKILL) == 0;
    });
    EXPECT_EQ(writer.wait(), 128 + SIGKILL);
    disk.lose_what_was_not_synced(path());
    EXPECT_EQ(rows(), 100);
}

TEST_F(FaultyDiskTest, TheNextCommitMakesTheWritesOfAKilledProcessDurable) {
    kill_in_the_sync_of_a_commit();
    disk.release_syncs();
    auto next = process(
        [](Database& database) { return database.commit() == SQLITE_OK && ::raise(SIGKILL) == 0; });
    EXPECT_EQ(next.wait(), 128 + SIGKILL);
    disk.lose_what_was_not_synced(path());
    EXPECT_EQ(rows(), 2);
}

TEST_F(FaultyDiskTest, ReadingDoesNotMakeTheWritesOfAKilledProcessDurable) {
    kill_in_the_sync_of_a_commit();
    disk.release_syncs();
    auto reader =
        process([](Database& database) { return database.rows() == 1 && ::raise(SIGKILL) == 0; });
    EXPECT_EQ(reader.wait(), 128 + SIGKILL);
    disk.lose_what_was_not_synced(path());
    EXPECT_EQ(rows(), 0);
}

TEST_F(FaultyDiskTest, TheNextProcessIsHeldAfterAHeldProcessWasKilled) {
    const pid_t killed = kill_in_the_sync_of_a_commit();
    auto next = process([](Database& database) { return database.commit() == SQLITE_OK; });
    EXPECT_EQ(disk.wait_for_held_sync(killed), next.pid());
    disk.release_syncs();
    EXPECT_EQ(next.wait(), 0);
}

TEST(FaultyDisk, AProgramThatIsStartedWithItsEnvironmentUsesIt) {
    // The test starts itself as the program. In that run only this part is executed.
    if (const char* database = std::getenv("BELFRY_TEST_DATABASE")) {
        EXPECT_EQ(Database{database}.commit(), SQLITE_FULL);
        return;
    }
    const TempDir folder;
    create_database(folder.path() / "test.db");
    FaultyDisk disk;
    disk.fill_up();
    const std::string name = testing::UnitTest::GetInstance()->current_test_info()->name();
    Invocation command{"/proc/self/exe", {"--gtest_filter=FaultyDisk." + name}};
    command.environment = disk.environment();
    command.environment.emplace_back("BELFRY_TEST_DATABASE", folder.path() / "test.db");
    // This process may run only a shard of the tests; the program below runs all of them.
    command.environment.emplace_back("GTEST_TOTAL_SHARDS", "1");
    command.environment.emplace_back("GTEST_SHARD_INDEX", "0");
    const Result result = run(command);
    EXPECT_EQ(result.status, 0) << result.out << result.err;
    EXPECT_NE(result.out.find("[  PASSED  ] 1 test"), std::string::npos) << result.out;
}

TEST(FaultyDisk, AProgramThatCannotReachItDoesNotStart) {
    Invocation command{"/proc/self/exe", {"--gtest_list_tests"}};
    command.environment = FaultyDisk{}.environment();  // the disk is destroyed at once
    EXPECT_EQ(run(command).status, 128 + SIGABRT);
}

}  // namespace
}  // namespace belfry::test
