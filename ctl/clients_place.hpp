#pragma once

#include "ctl/edited_file.hpp"
#include "ctl/owner.hpp"

#include <filesystem>
#include <optional>

namespace belfry::ctl {

/// The place of a clients' file, and who has chosen it.
struct ClientsPlace {
    FilePlace place;
    /// The owner of the data directory, if the server has named the file and this process runs as
    /// root; empty if the person who runs this program has named it.
    std::optional<Owner> chosen_by = {};
};

/// Finds the clients' file.
/// @param named the file that `--clients` names; if it is empty, the file is the one that the
/// running server of the data directory uses
/// @return nothing if a child process has failed, and has printed why
/// @throws Refusal, shm::DataDirectoryError, shm::SegmentError
[[nodiscard]] std::optional<ClientsPlace> find_clients_file(const std::filesystem::path& named,
                                                            const std::filesystem::path& data_dir);

/// Refuses a file that another user may have put there to make root change it.
/// @param facts of the file
/// @throws Refusal
void require_trusted(const ClientsPlace& clients, const struct stat& facts);

}  // namespace belfry::ctl
