#include "shm/huge_pages.hpp"

#include "tests/support/forked_child.hpp"
#include "tests/support/log_reading.hpp"
#include "tests/support/scratch_segment.hpp"

#include <gtest/gtest.h>

#include <fstream>

namespace belfry::test {
namespace {

/// Returns a plan whose ring takes several huge pages.
shm::SegmentPlan large_plan() {
    shm::SegmentPlan plan = small_plan();
    plan.ring_bytes = 8 << 20;
    return plan;
}

/// Returns how many bytes of shared memory this process has mapped as huge pages, as the kernel
/// reports it.
std::uint64_t huge_bytes_mapped() {
    std::ifstream smaps{"/proc/self/smaps"};
    std::uint64_t kib = 0;
    for (std::string line; std::getline(smaps, line);) {
        if (line.starts_with("ShmemPmdMapped:")) kib += std::stoull(line.substr(15));
    }
    return kib << 10;
}

TEST(HugePages, ReplaceSmallPagesOfARunningLogAndChangeNoByte) {
    ScratchSegment scratch{large_plan()};
    Sender ann{scratch.segment(), 0, "ann"};
    const std::string body(1000, 'a');
    for (int i = 0; i < 2000; ++i) ASSERT_EQ(ann.say(body).decided, 1U);
    const auto before = read_ring(scratch.segment());
    ASSERT_EQ(before.size(), 2000U);

    ForkedChild writer{[&] {
        Sender bob{scratch.segment(), 1, "bob"};
        for (std::uint64_t seq = 1; seq <= 2000; ++seq) bob.append_numbered(seq, 1);
        return 0;
    }};
    shm::HugePages pages{scratch.segment()};
    while (pages.step()) {
    }
    EXPECT_EQ(writer.wait(), 0);

    EXPECT_EQ(read_records(scratch.segment(), 1, 2000), before);
    std::uint64_t seq = 0;
    for (const KeptRecord& record : read_records(scratch.segment(), 2001, 4000)) {
        EXPECT_EQ(record.body, numbered_body(++seq));
    }
    EXPECT_EQ(seq, 2000U);
    EXPECT_EQ(scratch.broken(), std::vector<std::string>{});
    if (huge_bytes_mapped() == 0) GTEST_SKIP() << "this kernel does not provide huge pages";
    EXPECT_GE(huge_bytes_mapped(), 4 * shm::huge_page);
}

TEST(HugePages, AreNotUsedForASegmentThatIsSmallerThanOne) {
    ScratchSegment scratch;
    ASSERT_LT(scratch.segment().prefix().segment_bytes, shm::huge_page);
    EXPECT_FALSE(shm::HugePages{scratch.segment()}.step());
}

TEST(HugePages, ASegmentIsAlignedToHugePagesAndAMultipleOfTheirSize) {
    ScratchSegment scratch{large_plan()};
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(&scratch.segment().prefix()) % shm::huge_page, 0U);
    EXPECT_EQ(scratch.segment().prefix().segment_bytes % shm::huge_page, 0U);
}

}  // namespace
}  // namespace belfry::test
