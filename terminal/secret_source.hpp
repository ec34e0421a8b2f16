#pragma once

#include "belfry/client.hpp"
#include "terminal/options.hpp"

#include <optional>
#include <string>

/// The sources of the user's secret. It never comes from the command line, which other users can
/// read.
namespace belfry::terminal {

/// Returns the secret that the user gave: that of `--secret-file`, or else that of the variable
/// BELFRY_SECRET. The variable wins over a file that only the environment or the default file
/// names. It is removed from the environment in any case. @return empty: there is none
/// @throws cli::UsageError
[[nodiscard]] Secret given_secret(const Options& options);

/// Asks for the secret on the terminal, without an echo. @return nothing: standard input is no
/// terminal, or the user typed nothing or pressed Ctrl-C
[[nodiscard]] std::optional<Secret> ask_secret(const std::string& client_id);

}  // namespace belfry::terminal
