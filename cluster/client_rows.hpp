#pragma once

#include "shm/log_reader.hpp"
#include "shm/segment.hpp"

#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace belfry::cluster {

/// Finds the rows of clients by their ids. Rows are added at reloads and never reused, so only new
/// ones have to be looked at.
class ClientRows {
  public:
    explicit ClientRows(const shm::Segment& segment) noexcept : segment_{&segment} {}

    /// Returns the row of a client; LogReader::no_row if this node has none. It is fast if the last
    /// call was about the same client.
    [[nodiscard]] std::uint32_t row_of(std::string_view client) noexcept;

    /// Looks for rows that were added since the last call, and returns them.
    std::vector<std::uint32_t> add_new();

  private:
    const shm::Segment* segment_;
    std::unordered_map<std::string_view, std::uint32_t> rows_;  ///< the names lie in the segment
    std::string_view last_name_;                                ///< that row_of() has found
    std::uint32_t last_row_ = shm::LogReader::no_row;
};

}  // namespace belfry::cluster
