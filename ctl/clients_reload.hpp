#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

/// The clients' file that a running server uses. The server writes its path to the file
/// `clients-file` in the data directory. So the owner of that directory decides what the path is.
namespace belfry::ctl {

/// Returns the path of the clients' file that the running server of a data directory uses.
/// @throws Refusal if no server is running, or it uses no such file
[[nodiscard]] std::filesystem::path clients_file_in_use(const std::filesystem::path& data_dir);

enum class Reload {
    done,        ///< the server uses the new version of the file
    not_needed,  ///< no server is running
    other_file,  ///< the server does not use this file
};

/// Tells the running server of a data directory to read its clients' file again, and waits until it
/// has done so.
/// @param file the clients' file that has changed
/// @param digest of its contents (auth::digest())
/// @throws Refusal if the server does not use the new contents
[[nodiscard]] Reload reload_clients(const std::filesystem::path& data_dir,
                                    const std::filesystem::path& file, std::uint64_t digest);

}  // namespace belfry::ctl
