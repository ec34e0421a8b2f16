#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace belfry::terminal {

/// The lines typed in earlier runs: one per line of the file, oldest first, readable by the owner
/// only (0600). A line is appended as soon as it is entered, so that a killed program loses none
/// and two programs can share the file. If the file cannot be written, or is not a regular file,
/// there is no history and no warning.
class HistoryFile {
  public:
    /// @param path the file; empty: no history. append() creates missing folders with the mode
    /// 0700.
    explicit HistoryFile(std::string path) : path_{std::move(path)} {}

    /// Returns the newest 1,000 lines. A file with twice as many is cut to them.
    [[nodiscard]] std::vector<std::string> load() const;

    /// Appends a line.
    /// @param line without a line ending
    void append(std::string_view line) const;

  private:
    std::string path_;
};

/// Returns the path of `belfry.conf` in $XDG_CONFIG_HOME, or else in ~/.config, by the XDG Base
/// Directory Specification. Empty if there is no home.
[[nodiscard]] std::string config_path();

/// Returns the path of `belfry/history` in $XDG_STATE_HOME, or else in ~/.local/state. Empty if
/// there is no home.
[[nodiscard]] std::string history_path();

}  // namespace belfry::terminal
