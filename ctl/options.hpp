#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace belfry::ctl {

/// What belfryctl was asked to do.
struct Options {
    std::filesystem::path data_dir = "belfry-data";
    std::string command;  ///< one of those that `--help` names
    std::string operand;  ///< the text of search, the file of import and backup
    int shmid = -1;       ///< for recover
    bool json = false;    ///< for status, log, search and export, which has no other form
    bool follow = false;  ///< for log
};

/// Reads the command line. None: `--help` or `--version` was asked for, and has been printed.
/// @throws cli::UsageError
[[nodiscard]] std::optional<Options> read_options(const std::vector<std::string>& arguments);

}  // namespace belfry::ctl
