#include "shm/segment_file.hpp"

#include "base/random.hpp"
#include "tests/support/forked_child.hpp"
#include "tests/support/proc.hpp"
#include "tests/support/scratch_segment.hpp"

#include <sys/shm.h>
#include <sys/stat.h>

#include <gtest/gtest.h>

#include <utility>

namespace belfry::test {
namespace {

constexpr auto read_only = boost::interprocess::read_only;
constexpr auto read_write = boost::interprocess::read_write;

mode_t mode_of(const std::filesystem::path& path) {
    struct stat facts {};
    ::stat(path.c_str(), &facts);
    return facts.st_mode & 0777U;
}

class SegmentFile : public SegmentTest {
  protected:
    [[nodiscard]] std::optional<shm::FoundSegment> find() {
        return shm::find_segment(scratch_.data_dir(), read_write);
    }
};

TEST_F(SegmentFile, FindsTheSegmentThatWasCreated) {
    Sender ann{segment(), 0, "ann"};
    ann.say("one");
    const auto found = find();
    ASSERT_TRUE(found);
    EXPECT_EQ(found->state, shm::SegmentState::whole);
    EXPECT_EQ(found->name.shmid, scratch_.name().shmid);
    EXPECT_EQ(found->segment.log().last_id.load(), 1U);
    EXPECT_EQ(found->segment.epoch(), "e");
    EXPECT_EQ(found->segment.durability(), shm::Durability::memory);
}

TEST_F(SegmentFile, ASegmentCanBeMappedReadOnly) {
    const auto found = shm::find_segment(scratch_.data_dir(), read_only);
    ASSERT_TRUE(found);
    EXPECT_EQ(shm::broken_invariants(found->segment, &is_plain_record), std::vector<std::string>{});
}

TEST_F(SegmentFile, IsAccessibleToItsOwnerAlone) {
    const auto facts = segment_info(scratch_.name().shmid);
    ASSERT_TRUE(facts);
    EXPECT_EQ(facts->shm_perm.mode & 0777, 0600);
    EXPECT_EQ(mode_of(scratch_.data_dir() / "segment"), 0600U);
}

TEST_F(SegmentFile, ASegmentHasTheSizeOfItsPlan) {
    const auto facts = segment_info(scratch_.name().shmid);
    ASSERT_TRUE(facts);
    EXPECT_EQ(facts->shm_segsz, shm::Segment::bytes_for(small_plan()));
    EXPECT_EQ(segment().prefix().segment_bytes, shm::Segment::bytes_for(small_plan()));
}

TEST_F(SegmentFile, RecognisesAnotherLayout) {
    segment().prefix().layout_version = shm::layout_version + 1;
    const auto found = find();
    segment().prefix().layout_version = shm::layout_version;
    ASSERT_TRUE(found);
    EXPECT_EQ(found->state, shm::SegmentState::other_layout);
}

TEST_F(SegmentFile, RecognisesATornSegmentByItsMissingMagic) {
    segment().prefix().magic = 0;
    const auto found = find();
    ASSERT_TRUE(found);
    EXPECT_EQ(found->state, shm::SegmentState::torn);
}

TEST_F(SegmentFile, RecognisesASegmentWhoseSizesAndOffsetsDisagree) {
    shm::Geometry& geometry = shared_geometry(segment());
    const shm::Geometry before = geometry;
    geometry.clients_offset += shm::cache_line;
    const auto moved = find();
    geometry = before;
    geometry.session_slots = ~0U;
    const auto grown = find();
    geometry = before;
    ASSERT_TRUE(moved && grown);
    EXPECT_EQ(moved->state, shm::SegmentState::unsound);
    EXPECT_EQ(grown->state, shm::SegmentState::unsound);
}

TEST_F(SegmentFile, AMappedSegmentUsesTheSizesAndOffsetsThatWereChecked) {
    const auto found = find();
    ASSERT_TRUE(found);
    const shm::Segment& mapped = found->segment;
    const auto* process = &mapped.process(shm::first_session_entry);
    const auto* session = &mapped.session(1);
    const std::size_t processes = mapped.process_count();
    shm::Geometry& geometry = shared_geometry(mapped);
    const shm::Geometry before = geometry;
    geometry.session_slots = ~0U;
    geometry.ring_bytes = ~0ULL;
    geometry.sessions_offset = 1ULL << 40;
    mapped.prefix().processes_offset += 1ULL << 40;
    mapped.prefix().processes_stride *= 2;
    mapped.prefix().processes_count *= 2;
    EXPECT_EQ(mapped.geometry().session_slots, before.session_slots);
    EXPECT_EQ(mapped.ring().size(), before.ring_bytes);
    EXPECT_EQ(&mapped.process(shm::first_session_entry), process);
    EXPECT_EQ(&mapped.session(1), session);
    EXPECT_EQ(mapped.process_count(), processes);
    EXPECT_FALSE(mapped.is_sound()) << "is_sound() looks at the shared sizes, not at the copy";
    geometry = before;
    mapped.prefix().processes_offset -= 1ULL << 40;
    mapped.prefix().processes_stride /= 2;
    mapped.prefix().processes_count /= 2;
    EXPECT_TRUE(mapped.is_sound());
}

TEST_F(SegmentFile, RecognisesAnotherLayoutWhoseProcessTableLiesBeyondTheEnd) {
    shm::Prefix& prefix = segment().prefix();
    prefix.layout_version = shm::layout_version + 1;
    const std::uint32_t before = std::exchange(prefix.processes_count, ~0U);
    const auto found = find();
    prefix.processes_count = before;
    prefix.layout_version = shm::layout_version;
    ASSERT_TRUE(found);
    EXPECT_EQ(found->state, shm::SegmentState::unsound);
}

TEST_F(SegmentFile, ASegmentOfAnotherLayoutIsNotReadableEvenIfItWasRemoved) {
    segment().prefix().layout_version = shm::layout_version + 1;
    ASSERT_EQ(::shmctl(scratch_.name().shmid, IPC_RMID, nullptr), 0);
    const auto found = find();
    segment().prefix().layout_version = shm::layout_version;
    ASSERT_TRUE(found);
    EXPECT_FALSE(shm::is_readable(found->state));
}

TEST_F(SegmentFile, ASegmentThatOthersMayWriteToIsRefused) {
    const int shmid = scratch_.name().shmid;
    auto facts = segment_info(shmid);
    ASSERT_TRUE(facts);
    facts->shm_perm.mode = 0620;
    ASSERT_EQ(::shmctl(shmid, IPC_SET, &*facts), 0);
    EXPECT_THROW(static_cast<void>(find()), shm::SegmentError);
    facts->shm_perm.mode = 0600;
    ASSERT_EQ(::shmctl(shmid, IPC_SET, &*facts), 0);
    EXPECT_TRUE(find());
}

TEST_F(SegmentFile, ASegmentOfAnotherUserIsRefused) {
    const int shmid = scratch_.name().shmid;
    auto facts = segment_info(shmid);
    ASSERT_TRUE(facts);
    const uid_t before = std::exchange(facts->shm_perm.uid, ::geteuid() + 1);
    // The creator may change the owner, and change it back.
    ASSERT_EQ(::shmctl(shmid, IPC_SET, &*facts), 0);
    EXPECT_THROW(static_cast<void>(find()), shm::SegmentError);
    facts->shm_perm.uid = before;
    ASSERT_EQ(::shmctl(shmid, IPC_SET, &*facts), 0);
    EXPECT_TRUE(find());
}

TEST_F(SegmentFile, IsNotReadThroughASymbolicLink) {
    const auto file = scratch_.data_dir() / "segment";
    const auto elsewhere = scratch_.data_dir() / "elsewhere";
    std::filesystem::rename(file, elsewhere);
    std::filesystem::create_symlink(elsewhere, file);
    EXPECT_THROW(static_cast<void>(find()), shm::SegmentError);
    std::filesystem::rename(elsewhere, file);
}

TEST_F(SegmentFile, CountsTheAttachedProcesses) {
    const int shmid = scratch_.name().shmid;
    EXPECT_EQ(shm::attached_processes(shmid), 1U);
    {
        ForkedChild child{[] { return ::pause(); }};
        EXPECT_EQ(shm::attached_processes(shmid), 2U);
        child.kill();
    }
    EXPECT_EQ(shm::attached_processes(shmid), 1U);
}

TEST_F(SegmentFile, ARemovedSegmentIsNotFoundButStaysMappedWhileItIsInUse) {
    shm::remove_segment(scratch_.data_dir(), scratch_.name());
    EXPECT_FALSE(find());
    EXPECT_FALSE(std::filesystem::exists(scratch_.data_dir() / "segment"));
    Sender ann{segment(), 0, "ann"};
    EXPECT_EQ(ann.say("one").last_id, 1U);
}

TEST(SegmentCreation, FailsIfTheDirectoryIsMissing) {
    const TempDir directory;
    EXPECT_THROW((void)shm::create_segment(directory.path() / "none", small_plan()),
                 shm::SegmentError);
}

TEST(SegmentCreation, ReportsInOneLineThatTheSystemRefuses) {
    const TempDir directory;
    shm::SegmentPlan plan = small_plan();
    plan.ring_bytes = 1ULL << 60;
    try {
        (void)shm::create_segment(directory.path(), plan);
        FAIL() << "a segment of an exabyte was created";
    } catch (const shm::SegmentError& error) {
        const std::string text = error.what();
        EXPECT_TRUE(text.starts_with("cannot create a shared memory segment")) << text;
        EXPECT_EQ(text.find('\n'), std::string::npos);
    }
}

TEST(RandomHex, HasTheRequestedLengthAndNeverRepeats) {
    const std::string one = base::random_hex(32);
    EXPECT_EQ(one.size(), 32U);
    EXPECT_EQ(one.find_first_not_of("0123456789abcdef"), std::string::npos);
    EXPECT_NE(one, base::random_hex(32));
}

}  // namespace
}  // namespace belfry::test
