#pragma once

#include <string>

/// Where a user's files stand, by the XDG Base Directory Specification.
namespace belfry::terminal::xdg {

/// `belfry.conf` in $XDG_CONFIG_HOME, else in ~/.config. Empty: there is no home.
[[nodiscard]] std::string config_file();

/// `belfry/history` in $XDG_STATE_HOME, else in ~/.local/state. Empty: there is no home.
[[nodiscard]] std::string history_file();

}  // namespace belfry::terminal::xdg
