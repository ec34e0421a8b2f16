#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace belfry::ctl {

/// The command line of belfryctl.
struct Options {
    std::filesystem::path data_dir = "belfry-data";
    std::string command;  ///< one of those that `--help` names, such as `status` or `client add`
    std::string operand;  ///< the word behind the command, if it takes one
    int shmid = -1;       ///< for recover; else -1
    bool json = false;    ///< for commands that can print JSON; export always does
    bool follow = false;  ///< for log
    std::filesystem::path clients = {};  ///< for client; empty: the file that the server uses
    bool ask = false;                    ///< for client add and client secret
    bool keep_old = false;               ///< for client secret
    bool cluster = false;                ///< for check
    bool force = false;                  ///< for cluster reseed
};

/// Parses the command line. Returns nothing if it has printed `--help` or `--version`.
/// @throws cli::UsageError
[[nodiscard]] std::optional<Options> read_options(const std::vector<std::string>& arguments);

}  // namespace belfry::ctl
