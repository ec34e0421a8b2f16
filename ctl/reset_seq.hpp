#pragma once

#include "shm/segment_file.hpp"

#include <filesystem>
#include <iosfwd>
#include <optional>
#include <string>

namespace belfry::ctl {

/// If a client's seq is above shm::max_free_seq, lowers it to the highest seq up to
/// shm::max_free_seq among its messages, and prints what it was and is. If the server is running,
/// the function ends the session of the client, and returns when the server's archiver has saved
/// the seq. If it is stopped, the function changes the database alone, under its locks.
/// @param found the segment, mapped to be written; none: the server is stopped
/// @throws Refusal where the client is unknown, the server is dead, or its store does not work
/// @throws StoreError where the database of a stopped server cannot be written
void reset_seq(std::ostream& out, const std::filesystem::path& data_dir,
               std::optional<shm::FoundSegment>& found, const std::string& client_id);

}  // namespace belfry::ctl
