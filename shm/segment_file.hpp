#pragma once

#include "shm/segment.hpp"

#include <sys/types.h>

#include <boost/interprocess/creation_tags.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>

/// Which System V segment belongs to a data directory. The file `segment` in it holds the key,
/// and once it is known the shmid. It is written before the segment is created:
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
/// A segment is taken for ours only if it has the token that the file names (or, torn, was
/// created by the pid that the file names, with the size that it names, and holds nothing but a
/// part of the token).
/// Any other one is foreign, and never touched. One with our token that another user has made, owns
/// or may write to is refused: what it says would be that user's word.
namespace belfry::shm {

/// What the file says.
struct SegmentName {
    key_t key = 0;
    int shmid = -1;  ///< -1: not known yet
    std::string token;
    std::size_t bytes = 0;
    pid_t creator = 0;
};

enum class SegmentState {
    torn,          ///< its creator was killed; nothing was ever in it
    unsound,       ///< what it says of its own parts cannot be; only its prefix may be read
    other_layout,  ///< of another version of the program
    removed,       ///< by somebody, while processes had it mapped; it goes with the last of them
    whole,
};

/// Whether what lies beyond the prefix can be read.
[[nodiscard]] inline bool is_readable(SegmentState state) noexcept {
    return state == SegmentState::whole || state == SegmentState::removed;
}

struct FoundSegment {
    SegmentState state;
    SegmentName name;  ///< with its shmid
    Segment segment;   ///< beyond the prefix usable only if is_readable()
};

/// The system refused: the message is one clear line.
class SegmentError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// The segment of that data directory; none where there is none of ours.
/// @throws SegmentError where it cannot be read, or is not this process's user's alone
[[nodiscard]] std::optional<FoundSegment> find_segment(const std::filesystem::path& data_dir,
                                                       boost::interprocess::mode_t mode);

/// The segment of that id, whatever data directory it belongs to: its name is what it says itself.
/// @throws SegmentError, also where it is too small to be one of Belfry's
[[nodiscard]] FoundSegment open_segment(int shmid, boost::interprocess::mode_t mode);

/// Whether it was removed after it was found. It is mapped, and so its id is still its own.
[[nodiscard]] bool is_removed(const FoundSegment& found) noexcept;

/// Creates, lays out and publishes a segment. By the one process that holds the data directory's
/// lock, when find_segment() has found none. Fills in the plan's token itself.
/// @throws SegmentError
[[nodiscard]] FoundSegment create_segment(const std::filesystem::path& data_dir, SegmentPlan plan);

/// Removes the segment and then its file, unless that names another segment: the data directory may
/// have been made anew for another server. Processes that still have it mapped keep it until they
/// end. By the process that holds the data directory's lock.
void remove_segment(const std::filesystem::path& data_dir, const SegmentName& name) noexcept;

/// How many processes have the segment mapped, as `ipcs -m` shows it.
[[nodiscard]] std::uint64_t attached_processes(int shmid) noexcept;

}  // namespace belfry::shm
