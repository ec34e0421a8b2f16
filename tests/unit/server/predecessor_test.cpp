#include "server/predecessor.hpp"

#include "tests/support/forked_child.hpp"
#include "tests/support/scratch_segment.hpp"

#include <unistd.h>

#include <gtest/gtest.h>

#include <cstdint>

/// Tests of the signals that a later login sends to the process of the session that it takes over.
namespace belfry::test {
namespace {

class TakenOverProcess : public SegmentTest {
  protected:
    /// Records a process in slot 0, where ann is online.
    void name(pid_t process, std::uint64_t start_time) {
        shm::ProcessEntry& entry = segment().session_process(0);
        const std::uint32_t generation = shm::unpack(entry.word.load()).high;
        entry.word.store(pack(shm::Halves{generation, static_cast<std::uint32_t>(process)}));
        entry.start_time.store(start_time);
    }

    [[nodiscard]] server::Predecessor take_over_ann() {
        const auto session = shm::online_session(segment(), *shm::find_client(segment(), "ann"));
        if (!session) throw Failure{"ann is not online"};
        return server::Predecessor{segment(), *session};
    }

    Sender ann_{segment(), 0, "ann"};
};

TEST_F(TakenOverProcess, GetsASigterm) {
    ForkedChild child{[] { return ::pause(); }};
    name(child.pid(), process_info(child.pid())->start_time);
    server::Predecessor taken_over = take_over_ann();
    EXPECT_EQ(child.wait(), 128 + SIGTERM);
    EXPECT_TRUE(taken_over.kill_if_due());
}

TEST_F(TakenOverProcess, GetsNoSignalIfItsStartTimeDiffers) {
    ForkedChild child{[] { return ::pause(); }};
    name(child.pid(), process_info(child.pid())->start_time - 1);
    server::Predecessor taken_over = take_over_ann();
    EXPECT_TRUE(taken_over.kill_if_due());
    // A process dies of the first deadly signal that it gets, so a SIGTERM would have come before
    // this one.
    child.signal(SIGUSR1);
    EXPECT_EQ(child.wait(), 128 + SIGUSR1);
}

}  // namespace
}  // namespace belfry::test
