#pragma once

#include <boost/program_options/options_description.hpp>
#include <boost/program_options/variables_map.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

/// The command line, with the same rules for all programs: long options with one or two dashes, `_`
/// and `-` alike, and `--config FILE`. Some programs also read environment variables and a default
/// file.
namespace belfry::cli {

/// A mistake of the user, in one line. Programs print it and exit with exit_usage.
class UsageError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;

    /// @param option the option whose value is wrong, without dashes
    /// @param index which of its values is wrong, if it has several
    UsageError(const std::string& line, std::string_view option, std::size_t index = 0)
        : std::runtime_error{line}, option_{option}, index_{index} {}

    /// Returns the option whose value is wrong. Empty if the mistake is another one.
    [[nodiscard]] const std::string& option() const noexcept { return option_; }
    [[nodiscard]] std::size_t index() const noexcept { return index_; }

  private:
    std::string option_;
    std::size_t index_ = 0;
};

inline constexpr int exit_usage = 2;

/// Where the value of an option was found.
struct Origin {
    std::string text;  ///< `FILE:LINE: ` or `environment variable NAME: `; empty: the command line
    bool is_default = false;  ///< not from the command line or a file that it names
};

/// The options and words that parse() has read.
struct CommandLine {
    boost::program_options::variables_map options;
    std::vector<std::string> words;  ///< the arguments that are not options
    /// For each option that was set: the origin of each of its values, which are several only if
    /// the option can be repeated.
    std::map<std::string, std::vector<Origin>> origins;
};

/// The sources of options besides the command line and the file that it names.
struct Defaults {
    std::string environment_prefix;  ///< `BELFRY_`: BELFRY_DATA_DIR sets --data-dir; empty: none
    std::string file;                ///< read if it is readable and no other is named; empty: none
};

/// Reads the command line, then the file that its `--config` names, then the environment. If the
/// command line names no file, the file that the environment names comes last, or else the default
/// file. The first source that sets an option wins. With `--help` or `--version` only the command
/// line is read.
/// @param arguments without the program's name
/// @param options known options, without short names, each with a string value or bool_switch(); an
/// option whose value is a composing() vector of strings can be repeated within one source
/// @throws UsageError
[[nodiscard]] CommandLine parse(const std::vector<std::string>& arguments,
                                const boost::program_options::options_description& options,
                                const Defaults& defaults = {});

/// Returns the error with the place of the wrong value before its text. Nothing is added for the
/// command line.
[[nodiscard]] UsageError with_origin(const UsageError& error, const CommandLine& line);

/// Returns the value of an option; nothing if it was not set and has no default.
[[nodiscard]] std::optional<std::string> text_of(
    const boost::program_options::variables_map& options, const std::string& name);

/// Returns the value of an option. @throws UsageError if it was not set and has no default
[[nodiscard]] std::string required_text(const boost::program_options::variables_map& options,
                                        const std::string& name);

/// Returns the values of an option that can be repeated, in their order.
[[nodiscard]] std::vector<std::string> texts_of(
    const boost::program_options::variables_map& options, const std::string& name);

/// Tells whether an option was set by the environment, or by a file that the command line does not
/// name.
[[nodiscard]] bool is_default(const CommandLine& line, const std::string& name);

/// Tells whether a switch is on.
[[nodiscard]] bool is_set(const boost::program_options::variables_map& options,
                          const std::string& name);

/// Parses a whole number in decimal digits. @throws UsageError if the text is not a number within
/// the limits
[[nodiscard]] std::uint64_t whole_number(std::string_view option, std::string_view text,
                                         std::uint64_t min, std::uint64_t max);

/// Parses a number of bytes, with K, M or G for the powers of 1,024. @throws UsageError if the text
/// is not a number of bytes within the limits
[[nodiscard]] std::uint64_t byte_count(std::string_view option, std::string_view text,
                                       std::uint64_t min, std::uint64_t max);

}  // namespace belfry::cli
