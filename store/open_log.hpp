#pragma once

#include "shm/segment.hpp"
#include "shm/segment_file.hpp"
#include "store/saved_log.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

/// Opens the store when the server starts. The supervisor calls these functions before it forks,
/// and none of them leaves a connection open.
namespace belfry::store {

/// Returns an epoch that no log has had. @throws std::system_error
[[nodiscard]] std::string random_epoch();

/// Opens the log of the store, for a start without a segment. Creates the store if it is missing,
/// makes its contents durable, and returns the state from which the segment is to be made. If
/// messages that clients have seen may be lost (async, without a clean stop), the log gets a new
/// epoch.
/// @param new_epoch the epoch of a new log, or of one that may have lost messages
/// @throws StoreError, also if another process writes to the store
[[nodiscard]] SavedLog open_log(const std::filesystem::path& data_dir, shm::Durability durability,
                                const std::string& new_epoch);

/// Resumes the log of the store with an existing segment. Removes the mark of a clean stop, if an
/// unfinished stop has left one, because from now on messages may be shown before they are stored.
/// @throws StoreError if store and segment do not match
void resume_log(const std::filesystem::path& data_dir, const shm::Segment& segment);

/// Tells whether the next start can resume the log with this segment: resume_log() would not throw.
[[nodiscard]] bool can_resume(const std::filesystem::path& data_dir,
                              const shm::Segment& segment) noexcept;

/// Tells whether the directory has a store, and the store belongs to the log with this epoch.
[[nodiscard]] bool belongs_to_log(const std::filesystem::path& data_dir,
                                  std::string_view epoch) noexcept;

/// Tells whether the store holds the whole log of the segment and has the mark of a clean stop. It
/// opens the store at its path again. It must be called after the archiver has ended and before the
/// segment is removed.
[[nodiscard]] bool holds_whole_log(const std::filesystem::path& data_dir,
                                   const shm::Segment& segment) noexcept;

/// Returns a text which says that the segment is kept because messages are missing in the store,
/// and what the operator can do with it.
[[nodiscard]] std::string kept_for_later(const std::filesystem::path& data_dir,
                                         const shm::FoundSegment& found);

/// Returns the command that makes a new store from a segment whose store is gone.
[[nodiscard]] std::string recover_command(int shmid);

/// Opens the store for writing, but only if it is still the store of this log: another one may lie
/// at the path now. @throws StoreError
[[nodiscard]] Database open_store_of(const std::filesystem::path& data_dir,
                                     const shm::Segment& segment);

/// Requires that the store and the segment belong to one log, and that the store ends in the ring
/// or just before it. In a cluster it may also end behind the ring, because a replica stores
/// messages before it appends them.
/// @param first_id the first_id of the segment, read before `saved` was read, since both may grow
/// @throws StoreError if they do not match
void require_match(const SavedLog& saved, const shm::Segment& segment, std::uint64_t first_id);

}  // namespace belfry::store
