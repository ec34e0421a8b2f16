#pragma once

#include "shm/segment.hpp"

#include <cstdint>
#include <functional>
#include <string_view>
#include <unordered_map>

namespace belfry::cluster {

/// Finds the rows of clients by their ids. Rows are added at reloads and never reused, so only new
/// ones have to be looked at.
class ClientRows {
  public:
    explicit ClientRows(const shm::Segment& segment) noexcept : segment_{&segment} {}

    /// Returns the row of a client; LogReader::no_row if this node has none.
    [[nodiscard]] std::uint32_t row_of(std::string_view client) const noexcept;

    /// Passes each row that was added since the last call to `take`.
    void add_new(const std::function<void(std::uint32_t row)>& take);

  private:
    const shm::Segment* segment_;
    std::unordered_map<std::string_view, std::uint32_t> rows_;
};

}  // namespace belfry::cluster
