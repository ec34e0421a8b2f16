#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string_view>
#include <vector>

/// The clients' file: who may log in, and with which secrets. It has a line for each client:
///
///     ann                   no secret
///     bob:HASH              one secret
///     cat:HASH,HASH         two secrets, while a device changes over
///     dan:*                 by certificate only
///
/// A HASH is what crypt(3) makes of a secret. `#` begins a comment. Spaces and tabs around the
/// content of a line, and empty lines, mean nothing. Nothing here reads or writes a file.
namespace belfry::auth {

/// The largest clients' file, in bytes: enough for 100,000 clients.
inline constexpr std::size_t max_clients_file = 16U << 20;

/// The longest line, in bytes and without its ending.
inline constexpr std::size_t max_clients_line = 1024;

inline constexpr std::size_t max_secrets = 2;  ///< of a client

/// One client of the file. The views point into the text that was parsed.
struct Client {
    std::string_view name;
    std::array<std::string_view, max_secrets> hashes = {};  ///< an empty one stands for none
    bool by_certificate = false;                            ///< `*` stands in place of the hashes

    /// The whole line without its comment and the spaces around it.
    std::string_view content = {};

    /// A digest of `content`, which changes whenever the secrets change. 0 for a client that needs
    /// neither a secret nor a certificate.
    std::uint64_t secret_version = 0;
};

/// A mistake in the file: `clients file PATH, line 3: ...`. The text never contains what stands
/// in the line, because that may be a secret.
class ClientsFileError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// Parses the text of a clients' file. @param path names the file in errors
/// @throws ClientsFileError about the first mistake
[[nodiscard]] std::vector<Client> parse_clients(std::string_view text, std::string_view path);

/// Tells whether this has the form of a hash that the file may contain: a complete one that begins
/// with `$7$`, `$y$`, `$6$`, `$5$` or `$2b$`.
[[nodiscard]] bool is_hash(std::string_view text) noexcept;

}  // namespace belfry::auth
