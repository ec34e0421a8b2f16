#pragma once

#include "shm/segment_file.hpp"

#include <filesystem>
#include <stdexcept>

namespace belfry::inspect {

/// It was not done: the message says why in one line.
class Refusal : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// Ends the server cleanly and removes the segment: through its supervisor where one lives, else
/// on its behalf. @throws Refusal
void stop_server(const std::filesystem::path& data_dir, const shm::FoundSegment& found);

/// Deletes the segment of a dead server. @throws Refusal where any process of it lives
void remove_dead_segment(const std::filesystem::path& data_dir, const shm::FoundSegment& found);

}  // namespace belfry::inspect
