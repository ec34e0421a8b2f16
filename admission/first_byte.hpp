#pragma once

namespace belfry::admission {

/// The state of the first byte of a connection.
enum class FirstByte {
    missing,
    there,
    gone,  ///< the connection was reset, or the peer has closed it without a byte
};

/// Looks for the first byte, and leaves it there. Never waits.
[[nodiscard]] FirstByte first_byte_of(int socket) noexcept;

}  // namespace belfry::admission
