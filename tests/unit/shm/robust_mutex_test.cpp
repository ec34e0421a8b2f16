#include "shm/robust_mutex.hpp"

#include "base/process.hpp"
#include "shm/log_lock.hpp"
#include "tests/support/forked_child.hpp"
#include "tests/support/scratch_segment.hpp"

#include <boost/interprocess/sync/scoped_lock.hpp>
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>

namespace belfry::test {
namespace {

namespace ipc = boost::interprocess;
using Acquired = shm::RobustMutex::Acquired;

class Mutex : public ::testing::Test {
  protected:
    Mutex() { mutex().initialise(); }

    [[nodiscard]] shm::RobustMutex& mutex() { return shared_->mutex; }

    /// Starts a child that locks the mutex and then calls `then`. Returns once the mutex is locked.
    template <class Then>
    [[nodiscard]] ForkedChild holder(Then then) {
        ForkedChild child{[this, then] {
            (void)mutex().lock();
            shared_->held = true;
            return then();
        }};
        if (!eventually([this] { return shared_->held.load(); })) {
            throw Failure{"the child has not locked the mutex"};
        }
        return child;
    }
    [[nodiscard]] ForkedChild holder_for_ever() {
        return holder([] {
            while (true) ::pause();
            return 0;
        });
    }

    struct Block {
        shm::RobustMutex mutex;
        std::atomic<bool> held;
    };
    Shared<Block> shared_;
};

TEST_F(Mutex, IsLockedAndUnlocked) {
    EXPECT_EQ(mutex().lock(), Acquired::clean);
    mutex().unlock();
    EXPECT_EQ(mutex().lock(), Acquired::clean);
    mutex().unlock();
}

TEST_F(Mutex, IsNotLockedTwice) {
    const ForkedChild child = holder_for_ever();
    Acquired acquired{};
    EXPECT_FALSE(mutex().try_lock(acquired));
}

TEST_F(Mutex, PassesFromAKilledHolderToTheNextProcess) {
    ForkedChild child = holder_for_ever();
    child.kill();
    EXPECT_EQ(mutex().lock(), Acquired::owner_died);
    mutex().make_consistent();
    mutex().unlock();
    EXPECT_EQ(mutex().lock(), Acquired::clean);
    mutex().unlock();
}

TEST_F(Mutex, TryLockGetsTheMutexOfAKilledHolder) {
    ForkedChild child = holder_for_ever();
    child.kill();
    Acquired acquired{};
    ASSERT_TRUE(mutex().try_lock(acquired));
    EXPECT_EQ(acquired, Acquired::owner_died);
    mutex().make_consistent();
    mutex().unlock();
}

TEST_F(Mutex, PassesFromAHolderThatExitedToTheNextProcess) {
    EXPECT_EQ(holder([] { return 0; }).wait(), 0);
    EXPECT_EQ(mutex().lock(), Acquired::owner_died);
    mutex().make_consistent();
    mutex().unlock();
}

TEST_F(Mutex, StaysInconsistentIfTheProcessThatShouldRepairItDies) {
    EXPECT_EQ(holder([] { return 0; }).wait(), 0);
    ForkedChild mender{[this] { return mutex().lock() == Acquired::owner_died ? 0 : 1; }};
    EXPECT_EQ(mender.wait(), 0);
    EXPECT_EQ(mutex().lock(), Acquired::owner_died);
    mutex().make_consistent();
    mutex().unlock();
}

TEST_F(Mutex, KillsAStoppedHolder) {
#ifdef __SANITIZE_THREAD__
    // ThreadSanitizer's pthread_mutex_timedlock, unlike its other lock calls, does not know that
    // EOWNERDEAD means locked, and so it reports the unlock.
    GTEST_SKIP() << "ThreadSanitizer does not see that the mutex is locked";
#endif
    ForkedChild child = holder([] { return ::raise(SIGSTOP); });
    ASSERT_TRUE(eventually([&] { return base::is_stopped(child.pid()); }));
    ForkedChild next{[this] {
        const Acquired acquired = mutex().lock();
        mutex().make_consistent();
        mutex().unlock();
        return acquired == Acquired::owner_died ? 0 : 1;
    }};
    EXPECT_EQ(next.wait(), 0);
    EXPECT_EQ(child.wait(), 128 + SIGKILL);
}

TEST_F(Mutex, DoesNotKillASlowHolder) {
    ForkedChild child = holder([this] {
        const auto until = Clock::now() + Milliseconds{500};
        while (Clock::now() < until) {
        }
        mutex().unlock();
        return 0;
    });
    EXPECT_EQ(mutex().lock(), Acquired::clean);
    EXPECT_EQ(child.wait(), 0);
    mutex().unlock();
}

TEST_F(Mutex, IsHeldByOneProcessAtATime) {
    Shared<std::uint64_t> counter;  // not atomic, so the mutex has to protect it
    const auto count = [&] {
        for (int i = 0; i < 20'000; ++i) {
            (void)mutex().lock();
            ++*counter;
            mutex().unlock();
        }
        return 0;
    };
    ForkedChild one{count};
    ForkedChild two{count};
    EXPECT_EQ(one.wait(), 0);
    EXPECT_EQ(two.wait(), 0);
    EXPECT_EQ(*counter, 40'000U);
}

class LogLockTest : public SegmentTest {
  protected:
    shm::LogLock lock_{segment()};
};

TEST_F(LogLockTest, WorksWithTheLockGuardsOfBoostAndTheStandardLibrary) {
    {
        const ipc::scoped_lock guard{lock_};
        EXPECT_TRUE(guard.owns());
    }
    {
        const ipc::scoped_lock guard{lock_, ipc::try_to_lock};
        EXPECT_TRUE(guard.owns());
    }
    const std::unique_lock guard{lock_};
    EXPECT_TRUE(guard.owns_lock());
}

TEST_F(LogLockTest, RepairsTheLogAfterAHolderDied) {
    Sender ann{segment(), 0, "ann"};
    ann.append({{1, "one"}, {2, "two"}});
    ForkedChild child{[&] {
        lock_.lock();
        // The segment looks as if the child had died right after the commit point.
        log().derived_id.store(0);
        ann.session().client().last_seq.store(0);
        return 0;
    }};
    EXPECT_EQ(child.wait(), 0);
    const ipc::scoped_lock guard{lock_};
    EXPECT_EQ(log().derived_id.load(), 2U);
    EXPECT_EQ(ann.session().client().last_seq.load(), 2U);
}

TEST_F(LogLockTest, AnAppendWorksAfterAHolderDied) {
    Sender ann{segment(), 0, "ann"};
    ForkedChild child{[&] {
        lock_.lock();
        return 0;
    }};
    EXPECT_EQ(child.wait(), 0);
    EXPECT_EQ(ann.say("one").last_id, 1U);
    EXPECT_EQ(ann.say("two").last_id, 2U);
}

}  // namespace
}  // namespace belfry::test
