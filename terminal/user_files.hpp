#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace belfry::terminal {

/// What was typed in earlier runs, one line an entry, oldest first; for its owner alone (0600). A
/// line is appended as soon as it is entered, so that a killed program loses none, and two programs
/// do not overwrite each other's. Where the file cannot be written, or is none, as /dev/null,
/// there is no history: nobody is troubled with it.
class HistoryFile {
  public:
    /// @param path empty: nothing is kept. Folders that are missing are made (0700).
    explicit HistoryFile(std::string path) : path_{std::move(path)} {}

    /// The newest entries. A file that has grown to twice as many is cut to them.
    [[nodiscard]] std::vector<std::string> load() const;

    /// @param line without line endings
    void append(std::string_view line) const;

  private:
    std::string path_;
};

/// `belfry.conf` in $XDG_CONFIG_HOME, else in ~/.config. Empty: there is no home.
[[nodiscard]] std::string config_path();

/// `belfry/history` in $XDG_STATE_HOME, else in ~/.local/state. Empty: there is no home.
[[nodiscard]] std::string history_path();

}  // namespace belfry::terminal
