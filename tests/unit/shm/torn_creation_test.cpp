#include "base/random.hpp"
#include "shm/segment_file.hpp"
#include "tests/support/proc.hpp"
#include "tests/support/scratch_segment.hpp"

#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/stat.h>

#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>
#include <fstream>

namespace belfry::test {
namespace {

constexpr auto read_only = boost::interprocess::read_only;
constexpr auto read_write = boost::interprocess::read_write;
constexpr std::size_t raw_bytes = 16 << 10;

/// A segment that the test itself creates and fills.
class RawSegment {
  public:
    RawSegment() {
        do {
            key_ = static_cast<key_t>(std::stoul(base::random_hex(7), nullptr, 16)) + 1;
            shmid_ = ::shmget(key_, raw_bytes, IPC_CREAT | IPC_EXCL | 0600);
        } while (shmid_ == -1 && errno == EEXIST);
        if (shmid_ == -1) throw system_failure("shmget");
        bytes_ = static_cast<char*>(::shmat(shmid_, nullptr, 0));
    }
    RawSegment(const RawSegment&) = delete;
    RawSegment& operator=(const RawSegment&) = delete;
    ~RawSegment() {
        ::shmdt(bytes_);
        ::shmctl(shmid_, IPC_RMID, nullptr);
    }

    [[nodiscard]] key_t key() const { return key_; }
    [[nodiscard]] int shmid() const { return shmid_; }
    [[nodiscard]] shm::Prefix& prefix() { return *reinterpret_cast<shm::Prefix*>(bytes_); }
    void write_token(const std::string& token) {
        std::memcpy(prefix().token, token.data(), token.size());
    }
    [[nodiscard]] std::string contents() const { return {bytes_, raw_bytes}; }

  private:
    key_t key_ = 0;
    int shmid_ = -1;
    char* bytes_ = nullptr;
};

/// A data directory and a segment in a state in which a killed creator may leave them.
class TornCreation : public ::testing::Test {
  protected:
    /// Writes the file as a creator does.
    /// @param shmid -1 if the creator does not know it yet
    void write_file(int shmid, pid_t creator = ::getpid(), std::size_t bytes = raw_bytes) {
        std::ofstream{data_dir_.path() / "segment"} << "key " << raw_.key() << "\nshmid " << shmid
                                                    << "\ntoken " << token_ << "\nbytes " << bytes
                                                    << "\ncreator " << creator << '\n';
    }

    [[nodiscard]] std::optional<shm::FoundSegment> find() {
        return shm::find_segment(data_dir_.path(), read_write);
    }

    /// Expects that the segment is found as torn, and that shm::remove_segment() removes this
    /// segment.
    void expect_torn_and_remove() {
        {
            const auto found = find();
            ASSERT_TRUE(found);
            EXPECT_EQ(found->state, shm::SegmentState::torn);
            EXPECT_EQ(found->name.shmid, raw_.shmid());
            shm::remove_segment(data_dir_.path(), found->name);
        }
        EXPECT_FALSE(find());
        const auto facts = segment_info(raw_.shmid());  // it exists until it is unmapped
        EXPECT_TRUE(!facts || (facts->shm_perm.mode & SHM_DEST) != 0);
    }

    /// Expects that no segment is found, and that the raw segment still exists unchanged.
    void expect_foreign() {
        const std::string before = raw_.contents();
        EXPECT_FALSE(find());
        const auto facts = segment_info(raw_.shmid());
        ASSERT_TRUE(facts);
        EXPECT_EQ(facts->shm_perm.mode & SHM_DEST, 0);
        EXPECT_EQ(raw_.contents(), before);
    }

    TempDir data_dir_;
    RawSegment raw_;
    std::string token_ = base::random_hex(32);
};

TEST_F(TornCreation, WithoutAFileThereIsNoSegment) {
    EXPECT_FALSE(find());
}

TEST_F(TornCreation, AFileThatNamesNoSegmentCountsAsMissing) {
    write_file(-1);
    ASSERT_EQ(::shmctl(raw_.shmid(), IPC_RMID, nullptr), 0);
    EXPECT_FALSE(find());
}

TEST_F(TornCreation, AFileThatNamesNoSegmentDoesNotPreventTheNextCreation) {
    write_file(-1);
    ASSERT_EQ(::shmctl(raw_.shmid(), IPC_RMID, nullptr), 0);
    const shm::FoundSegment created = shm::create_segment(data_dir_.path(), small_plan());
    const auto found = find();
    EXPECT_TRUE(found && found->state == shm::SegmentState::whole);
    shm::remove_segment(data_dir_.path(), created.name);
}

TEST(SegmentById, ARemovalKeepsAFileThatNamesAnotherSegment) {
    const TempDir data_dir;
    const shm::FoundSegment first = shm::create_segment(data_dir.path(), small_plan());
    std::filesystem::remove(data_dir.path() / "segment");
    const shm::FoundSegment second = shm::create_segment(data_dir.path(), small_plan());
    shm::remove_segment(data_dir.path(), first.name);
    EXPECT_TRUE(shm::is_removed(first));
    EXPECT_FALSE(shm::is_removed(second));
    const auto found = shm::find_segment(data_dir.path(), read_only);
    EXPECT_TRUE(found && found->name.token == second.name.token);
    shm::remove_segment(data_dir.path(), second.name);
    EXPECT_FALSE(std::filesystem::exists(data_dir.path() / "segment"));
}

TEST(SegmentById, ASegmentIsOpenedWithoutItsDataDirectory) {
    const ScratchSegment scratch;
    const shm::FoundSegment found = shm::open_segment(scratch.name().shmid, read_only);
    EXPECT_EQ(found.state, shm::SegmentState::whole);
    EXPECT_EQ(found.name.token, scratch.name().token);
    EXPECT_EQ(found.name.bytes, scratch.name().bytes);
    EXPECT_EQ(found.segment.epoch(), "e");
}

TEST(SegmentById, AnIdOfNoSegmentOrOfAForeignOneIsRefused) {
    const RawSegment raw;
    EXPECT_EQ(shm::open_segment(raw.shmid(), read_only).state, shm::SegmentState::torn);
    EXPECT_THROW(static_cast<void>(shm::open_segment(-1, read_only)), shm::SegmentError);
    const int small = ::shmget(IPC_PRIVATE, 8, IPC_CREAT | 0600);
    EXPECT_THROW(static_cast<void>(shm::open_segment(small, read_only)), shm::SegmentError);
    ::shmctl(small, IPC_RMID, nullptr);
}

TEST_F(TornCreation, AZeroedSegmentOfTheCreatorIsTorn) {
    write_file(-1);
    expect_torn_and_remove();
}

TEST_F(TornCreation, ASegmentWithAPartOfItsTokenIsTorn) {
    raw_.write_token(token_.substr(0, 16));
    write_file(-1);
    expect_torn_and_remove();
}

TEST_F(TornCreation, ASegmentWithAPartOfItsTokenAndMoreIsForeign) {
    raw_.write_token(token_.substr(0, 16));
    raw_.prefix().port = 1;
    write_file(-1);
    expect_foreign();
}

TEST_F(TornCreation, ASegmentWithItsTokenButNoMagicIsTorn) {
    raw_.write_token(token_);
    write_file(-1);
    expect_torn_and_remove();
}

TEST_F(TornCreation, ASegmentWhoseShmidIsKnownButHasNoMagicIsTorn) {
    raw_.write_token(token_);
    write_file(raw_.shmid(), 1);
    expect_torn_and_remove();
}

TEST_F(TornCreation, AZeroedSegmentOfAnotherCreatorIsForeign) {
    write_file(-1, ::getpid() + 1);
    expect_foreign();
}

TEST_F(TornCreation, ASegmentThatHoldsAnythingElseIsForeign) {
    *std::rbegin(raw_.prefix().reserved) = 1;
    write_file(-1);
    expect_foreign();
}

TEST_F(TornCreation, AWholeSegmentWithAnotherTokenIsForeign) {
    raw_.write_token(base::random_hex(32));
    raw_.prefix().magic = shm::segment_magic;
    write_file(-1);
    expect_foreign();
    write_file(raw_.shmid());
    expect_foreign();
}

TEST_F(TornCreation, ASegmentOfAnotherSizeIsForeign) {
    raw_.write_token(token_);
    write_file(-1, ::getpid(), raw_bytes + 1);
    expect_foreign();
}

TEST_F(TornCreation, AnUnreadableFileCountsAsMissing) {
    for (const char* text : {"", "key", "key x", "hello world\n", "key 1\nshmid 2\ntoken"}) {
        std::ofstream{data_dir_.path() / "segment"} << text;
        EXPECT_FALSE(find()) << text;
    }
}

}  // namespace
}  // namespace belfry::test
