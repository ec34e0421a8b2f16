#pragma once

#include "base/unique_fd.hpp"

#include <filesystem>
#include <string>

namespace belfry::gate {

/// Connects relays to belfryd.
class SessionConnector {
  public:
    /// @param socket the path on which belfryd accepts relays
    /// @throws std::system_error if its folder cannot be opened
    explicit SessionConnector(const std::filesystem::path& socket);

    /// Connects without waiting. @return empty with errno if nobody accepts there, or if too many
    /// connections wait there already
    [[nodiscard]] base::UniqueFd connect() const noexcept;

  private:
    base::UniqueFd folder_;  ///< because the path below it may be too long for an address
    std::string name_;
};

}  // namespace belfry::gate
