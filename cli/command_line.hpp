#pragma once

#include <boost/program_options/options_description.hpp>
#include <boost/program_options/variables_map.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

/// The command line, the same for all programs: long options with one dash or two, `_` and `-`
/// alike, and `--config FILE`; for some programs environment variables and a default file too.
namespace belfry::cli {

/// The user's mistake, in one clear line. Programs print it and end with exit_usage.
class UsageError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;

    /// @param option whose value it is about, without dashes
    UsageError(const std::string& line, std::string_view option)
        : std::runtime_error{line}, option_{option} {}

    /// Empty: it is about no option's value.
    [[nodiscard]] const std::string& option() const noexcept { return option_; }

  private:
    std::string option_;
};

inline constexpr int exit_usage = 2;

/// Where the value of an option stands.
struct Origin {
    std::string text;  ///< `FILE:LINE: ` or `environment variable NAME: `; empty: the command line
    bool is_default = false;  ///< nothing on the command line names it
};

struct CommandLine {
    boost::program_options::variables_map options;
    std::vector<std::string> words;         ///< what is no option
    std::map<std::string, Origin> origins;  ///< by option
};

/// Where options come from beside the command line and the file that it names.
struct Defaults {
    std::string environment_prefix;  ///< `BELFRY_`: BELFRY_DATA_DIR is --data-dir; empty: none
    std::string file;                ///< read where it can be and no other is named; empty: none
};

/// Reads the command line, then the file that its `--config` names, then the environment, then the
/// file that the environment names, or else the default file. What comes first wins. With `--help`
/// or `--version` the command line alone is read.
/// @param arguments without the program's name
/// @param options all without short names, with string values, or bool_switch()
/// @throws UsageError
[[nodiscard]] CommandLine parse(const std::vector<std::string>& arguments,
                                const boost::program_options::options_description& options,
                                const Defaults& defaults = {});

/// The same complaint; where its value does not stand on the command line it says where.
[[nodiscard]] UsageError with_origin(const UsageError& error, const CommandLine& line);

/// The option's text; none where it was not given and has no default.
[[nodiscard]] std::optional<std::string> text_of(
    const boost::program_options::variables_map& options, const std::string& name);

/// Whether the option's value is one that nothing on the command line names.
[[nodiscard]] bool is_default(const CommandLine& line, const std::string& name);

/// Whether a switch is on.
[[nodiscard]] bool is_set(const boost::program_options::variables_map& options,
                          const std::string& name);

/// Decimal digits alone, within the limits. @throws UsageError that names the option
[[nodiscard]] std::uint64_t whole_number(std::string_view option, std::string_view text,
                                         std::uint64_t min, std::uint64_t max);

/// A number of bytes, with K, M or G for the powers of 1,024. @throws UsageError
[[nodiscard]] std::uint64_t byte_count(std::string_view option, std::string_view text,
                                       std::uint64_t min, std::uint64_t max);

}  // namespace belfry::cli
