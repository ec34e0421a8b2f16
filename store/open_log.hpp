#pragma once

#include "shm/segment.hpp"
#include "shm/segment_file.hpp"
#include "store/saved_log.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

/// What the supervisor does with the store at a start, before it forks anything. No connection is
/// left open behind any of it.
namespace belfry::store {

/// Where there is no segment: makes the store if there is none, makes durable what it holds, and
/// says from what the segment is to be made. A log of which something that was shown may be lost
/// (async, and not ended cleanly) goes on under another name.
/// @param new_epoch for a log that is new, or goes on under another name
/// @throws StoreError, also where another process writes the store
[[nodiscard]] SavedLog open_log(const std::filesystem::path& data_dir, shm::Durability durability,
                                const std::string& new_epoch);

/// Where there is a segment: takes the mark of a clean stop away, which was not finished, since
/// from here on messages may be shown again before they are stored.
/// @throws StoreError where the store cannot go with it
void resume_log(const std::filesystem::path& data_dir, const shm::Segment& segment);

/// Whether the next start could go on with the segment and the store: resume_log() would not throw.
[[nodiscard]] bool can_resume(const std::filesystem::path& data_dir,
                              const shm::Segment& segment) noexcept;

/// Whether there is a store of that log.
[[nodiscard]] bool is_of_log(const std::filesystem::path& data_dir,
                             std::string_view epoch) noexcept;

/// Whether the store holds the whole log of the segment, as after a clean end. It reads the store
/// at its path anew. Call it after the archiver has ended and before the segment is removed.
[[nodiscard]] bool holds_all_of(const std::filesystem::path& data_dir,
                                const shm::Segment& segment) noexcept;

/// Says that a segment is kept because the store lacks something, and what can be done with it.
[[nodiscard]] std::string kept_for_later(const std::filesystem::path& data_dir,
                                         const shm::FoundSegment& found);

/// What makes a new store of a segment whose store is gone.
[[nodiscard]] std::string recover_command(int shmid);

/// @throws StoreError where what has been read of the store cannot go with the segment
/// @param first_id of the log, from before the store was read: both may grow meanwhile
void require_match(const SavedLog& saved, const shm::Segment& segment, std::uint64_t first_id);

}  // namespace belfry::store
