#pragma once

#include "shm/segment_file.hpp"

#include <filesystem>
#include <iosfwd>
#include <optional>
#include <string>

namespace belfry::ctl {

/// Lowers a client's seq, if it is above shm::max_free_seq, to the highest seq up to
/// shm::max_free_seq among its messages, and prints both. If the server is running, the function
/// ends the client's session, and returns after the archiver has saved the new seq. If the server
/// is stopped, it changes only the database, and holds the locks of the data directory and the
/// store.
/// @param found the segment, mapped for writing; empty: the server is stopped
/// @throws Refusal if the client is unknown, the server is dead, or its store does not work
/// @throws StoreError if the database of a stopped server cannot be written
void reset_seq(std::ostream& out, const std::filesystem::path& data_dir,
               std::optional<shm::FoundSegment>& found, const std::string& client_id);

}  // namespace belfry::ctl
