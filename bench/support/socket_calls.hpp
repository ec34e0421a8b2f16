#pragma once

#include <cstddef>
#include <span>
#include <string_view>

/// send() and recv() without waiting, whose errors are exceptions.
namespace belfry::bench {

/// Sends as much as is possible now.
/// @return the number of bytes
/// @throws test::Failure
[[nodiscard]] std::size_t send_without_waiting(int socket, std::string_view bytes);

/// Receives what has come and fits.
/// @return the number of bytes; 0 if nothing has come
/// @throws test::Failure, also if the peer has closed the connection
[[nodiscard]] std::size_t receive_without_waiting(int socket, std::span<char> buffer);

/// Discards what has come, up to `max_bytes`, which is not even copied.
/// @return the number of bytes
/// @throws test::Failure, also if the peer has closed the connection
[[nodiscard]] std::size_t discard_without_waiting(int socket, std::size_t max_bytes);

}  // namespace belfry::bench
