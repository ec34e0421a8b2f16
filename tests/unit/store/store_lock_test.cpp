#include "store/store_lock.hpp"

#include "tests/support/forked_child.hpp"
#include "tests/unit/store/scratch_store.hpp"

#include <fcntl.h>

#include <gtest/gtest.h>

#include <atomic>

namespace belfry::test {
namespace {

namespace fs = std::filesystem;

class StoreLockTest : public ::testing::Test {
  protected:
    /// Starts a child that tries to take the lock, and keeps it until the child ends.
    [[nodiscard]] ForkedChild holder() {
        ForkedChild child{[this] {
            const auto lock = store::StoreLock::try_take(dir_.path());
            *taken_ = lock ? 1 : 2;
            while (true) ::pause();
            return 0;
        }};
        if (!eventually([this] { return *taken_ != 0; })) {
            throw Failure{"the child has not tried to take the lock"};
        }
        return child;
    }

    [[nodiscard]] bool is_free() const {
        return store::StoreLock::try_take(dir_.path()).has_value();
    }

    TempDir dir_;
    Shared<std::atomic<int>> taken_;
};

TEST_F(StoreLockTest, TwoProcessesNeverHoldItAtOnce) {
    const ForkedChild first = holder();
    EXPECT_EQ(*taken_, 1);
    EXPECT_FALSE(is_free());
    *taken_ = 0;
    const ForkedChild second = holder();
    EXPECT_EQ(*taken_, 2);
}

TEST_F(StoreLockTest, IsReleasedWhenItsHolderIsKilled) {
    ForkedChild child = holder();
    EXPECT_FALSE(is_free());
    child.kill();
    EXPECT_TRUE(is_free());
}

TEST_F(StoreLockTest, IsReleasedByTheDestructor) {
    { const auto lock = store::StoreLock::try_take(dir_.path()); }
    const ForkedChild child = holder();
    EXPECT_EQ(*taken_, 1);
}

TEST_F(StoreLockTest, IsNotInheritedByChildren) {
    const auto lock = store::StoreLock::try_take(dir_.path());
    ASSERT_TRUE(lock);
    ForkedChild child{[this] { return is_free() ? 1 : 0; }};
    EXPECT_EQ(child.wait(), 0);
}

TEST_F(StoreLockTest, OnlyTheOwnerCanAccessItsFile) {
    static_cast<void>(is_free());
    EXPECT_EQ(fs::status(dir_.path() / "store-lock").permissions(),
              fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(StoreLockTest, AFileThatCannotBeOpenedIsNamedInTheError) {
    const fs::path gone = dir_.path() / "gone";
    expect_store_error(store::StoreError::Kind::failing, (gone / "store-lock").string(),
                       [&] { static_cast<void>(store::StoreLock::try_take(gone)); });
}

}  // namespace
}  // namespace belfry::test
