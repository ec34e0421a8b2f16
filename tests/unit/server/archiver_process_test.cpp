#include "server/archiver_process.hpp"

#include "daemon/logger.hpp"
#include "shm/process_entry.hpp"
#include "tests/support/forked_child.hpp"
#include "tests/unit/store/log_and_store.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

namespace belfry::test {
namespace {

using shm::Durability;
using shm::StoreState;

class ArchiverProcess : public ::testing::Test {
  protected:
    ArchiverProcess() { both_.give_lock_up(); }

    /// Starts the archiver process, whose standard error is written to a file.
    [[nodiscard]] ForkedChild start() {
        shm::ProcessEntry& entry = both_.segment().process(shm::archiver_entry);
        const std::uint32_t generation = shm::raise_generation(entry);
        return ForkedChild{[this, generation] {
            const int file = ::open(said_.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
            ::dup2(file, STDERR_FILENO);
            set_log(LogLevel::info, LogFormat::text);
            server::run_archiver({both_.segment(), both_.dir(), lock_files_, generation});
            return 0;
        }};
    }
    void drain() {
        both_.segment().prefix().stop = static_cast<std::uint32_t>(shm::StopWord::archiver_drains);
        both_.segment().archiver().wake.wake_everybody();
    }
    [[nodiscard]] bool eventually_is(StoreState state) {
        return eventually([&] { return both_.segment().store_state() == state; });
    }
    [[nodiscard]] bool said(const std::string& part) const {
        return read_file(said_).find(part) != std::string::npos;
    }
    void break_store() {
        both_.execute(
            "CREATE TRIGGER full BEFORE INSERT ON messages BEGIN SELECT RAISE(ABORT, 'full'); END");
    }

    LogAndStore both_{Durability::commit};
    std::vector<base::PlacedFile> lock_files_;
    TempDir dir_;
    std::filesystem::path said_ = dir_.path() / "said";
    Sender ann_{both_.segment(), 0, "ann", store::record_format};
};

TEST_F(ArchiverProcess, StoresUntilItIsToldToDrain) {
    ForkedChild child = start();
    ann_.append_numbered(1, 5);
    EXPECT_TRUE(eventually([&] { return both_.log().stored_id == 5; }));
    ann_.append_numbered(6, 5);
    EXPECT_TRUE(eventually([&] { return both_.log().stored_id == 10; }));
    drain();
    EXPECT_EQ(child.wait(), EXIT_SUCCESS);
    EXPECT_EQ(both_.segment().store_state(), StoreState::drained);
    EXPECT_EQ(both_.stored_bodies(), numbered_bodies(1, 10));
    EXPECT_TRUE(both_.saved().clean);
    EXPECT_EQ(read_file(said_), "");
}

TEST_F(ArchiverProcess, AnArchiverWhoseEntryWasGivenToAnotherExits) {
    shm::ProcessEntry& entry = both_.segment().process(shm::archiver_entry);
    const std::uint32_t generation = shm::raise_generation(entry);
    shm::raise_generation(entry);
    ForkedChild child{[this, generation] {
        server::run_archiver({both_.segment(), both_.dir(), lock_files_, generation});
        return 0;
    }};
    EXPECT_EQ(child.wait(), EXIT_FAILURE);
}

TEST_F(ArchiverProcess, WaitsUntilAnotherProcessReleasesTheStoreLock) {
    both_.take_lock();
    ForkedChild child = start();
    ann_.append_numbered(1, 5);
    ASSERT_TRUE(eventually([&] { return child.is_asleep(); }));
    EXPECT_EQ(both_.log().stored_id, 0U);
    both_.give_lock_up();
    EXPECT_TRUE(eventually([&] { return both_.log().stored_id == 5; }));
}

TEST_F(ArchiverProcess, RetriesAFailingStoreUntilItWorks) {
    break_store();
    ann_.append_numbered(1, 5);
    ForkedChild child = start();
    ASSERT_TRUE(eventually_is(StoreState::fails));
    EXPECT_TRUE(eventually([&] { return said("full; new messages are refused in the meantime"); }));
    both_.execute("DROP TRIGGER full");
    ASSERT_TRUE(eventually_is(StoreState::works));
    EXPECT_EQ(both_.log().stored_id, 5U);
    EXPECT_TRUE(eventually([&] { return said("the store works again"); }));
}

TEST_F(ArchiverProcess, AStoreThatOpensButRefusesWritesDoesNotCountAsWorking) {
    break_store();
    ann_.append_numbered(1, 5);
    ForkedChild child = start();
    ASSERT_TRUE(eventually_is(StoreState::fails));
    drain();  // the archiver tries to store once more
    EXPECT_EQ(child.wait(), EXIT_FAILURE);
    EXPECT_FALSE(said("the store works again")) << read_file(said_);
    EXPECT_EQ(both_.segment().store_state(), StoreState::fails);
}

}  // namespace
}  // namespace belfry::test
