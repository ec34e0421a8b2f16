#pragma once

#include "ctl/options.hpp"

#include <iosfwd>

namespace belfry::ctl {

/// Carries out `client add`, `client secret`, `client remove` or `client list`. After a change the
/// running server of the data directory reads the file again, and has done so when the function
/// returns. A new secret is the last word that is printed.
///
/// Root changes a file that `--clients` names with its own rights. If the server names the file, so
/// that the owner of the data directory decides which file it is, root changes it only if it is in
/// a folder of that user, or belongs to that user or the user's group.
/// @return an exit code; if it is EXIT_FAILURE, the error has been printed
/// @throws Refusal, auth::ClientsFileError, shm::DataDirectoryError, shm::SegmentError
[[nodiscard]] int run_client_command(std::ostream& out, const Options& options);

}  // namespace belfry::ctl
