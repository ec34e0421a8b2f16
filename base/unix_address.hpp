#pragma once

#include "base/unique_fd.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <filesystem>
#include <optional>

namespace belfry::base {

/// The address of a Unix socket at a path of any length. An address has room for 107 bytes, so a
/// longer path leads through a descriptor of its folder, which the object keeps open.
class UnixAddress {
  public:
    /// @return nothing, with errno, if the folder of a long path cannot be opened, or if the name
    /// of the socket alone is too long
    [[nodiscard]] static std::optional<UnixAddress> of(const std::filesystem::path& path);

    [[nodiscard]] const sockaddr* data() const noexcept {
        return reinterpret_cast<const sockaddr*>(&address_);
    }
    [[nodiscard]] static socklen_t size() noexcept { return sizeof(sockaddr_un); }

  private:
    UnixAddress() = default;

    UniqueFd folder_;
    sockaddr_un address_{};
};

}  // namespace belfry::base
