#pragma once

#include "shm/segment.hpp"

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>

/// Finds, creates and removes the System V segment of a data directory. The file `segment` in the
/// directory holds the key and, as soon as it is known, the shmid. It is written before the segment
/// is created, so that a segment is never without a name:
///
/// | killed after           | what is left                                 | mended by           |
/// |------------------------|----------------------------------------------|---------------------|
/// | the file               | a name without a segment                     | the next creation   |
/// | shmget                 | a zeroed segment made by the pid in the file | open: torn, removed |
/// | half a token           | the same, with a part of our token           | open: torn, removed |
/// | the token              | a segment with our token, no magic           | open: torn, removed |
/// | the shmid in the file  | the same, and the file knows the shmid       | open: torn, removed |
/// | the magic              | a whole segment                              | nothing to mend     |
/// | IPC_RMID, in a removal | a name without a segment                     | the next creation   |
///
/// A segment is ours only if it has the token that the file names. A torn one is also ours if the
/// pid that the file names created it with the size that the file names, and it holds nothing but a
/// part of the token. Any other segment is foreign and never touched. A segment with our token that
/// another user created, owns or may write to is refused, because that user could have forged its
/// contents.
namespace belfry::shm {

/// The contents of the file `segment`.
struct SegmentName {
    key_t key = 0;
    int shmid = -1;  ///< -1 if it is not known yet
    std::string token;
    std::size_t bytes = 0;
    pid_t creator = 0;
};

enum class SegmentState {
    torn,          ///< its creator was killed before it was complete
    unsound,       ///< its sizes or offsets are impossible; only the prefix may be read
    other_layout,  ///< another version of the program made it
    removed,       ///< marked for removal; it vanishes with the last process that maps it
    whole,
};

/// Tells whether the parts beyond the prefix can be read.
[[nodiscard]] inline bool is_readable(SegmentState state) noexcept {
    return state == SegmentState::whole || state == SegmentState::removed;
}

struct FoundSegment {
    SegmentState state;
    SegmentName name;  ///< including the shmid
    Segment segment;   ///< only the prefix is usable unless is_readable()
};

/// The system refused a request. The message is one line for people.
class SegmentError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// Maps the segment of that data directory. Returns nothing if it has none of ours.
/// @throws SegmentError if it cannot be read, or another user owns it or may write to it
[[nodiscard]] std::optional<FoundSegment> find_segment(const std::filesystem::path& data_dir,
                                                       boost::interprocess::mode_t mode);

/// Maps the segment of that id, of whatever data directory. Its name is built from its own
/// contents.
/// @throws SegmentError, also if it is too small to be one of Belfry's
[[nodiscard]] FoundSegment open_segment(int shmid, boost::interprocess::mode_t mode);

/// Tells whether the segment was removed after it was found. Its id cannot have been reused,
/// because it is still mapped.
[[nodiscard]] bool is_removed(const FoundSegment& found) noexcept;

/// Creates, lays out and publishes a segment; the plan's token is made here. Only the process that
/// holds the data directory's lock may call it, after find_segment() has found none.
/// @throws SegmentError
[[nodiscard]] FoundSegment create_segment(const std::filesystem::path& data_dir, SegmentPlan plan);

/// Removes the segment and then its file. If the file names another segment it stays, because the
/// data directory may have been replaced for another server. Processes that have the segment mapped
/// keep it until they exit. Only the process that holds the data directory's lock may call it.
void remove_segment(const std::filesystem::path& data_dir, const SegmentName& name) noexcept;

/// Returns the number of processes that have the segment mapped, as `ipcs -m` shows it.
[[nodiscard]] std::uint64_t attached_processes(int shmid) noexcept;

}  // namespace belfry::shm
