#pragma once

#include <boost/program_options/options_description.hpp>

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace belfry::client {

/// What is wrong with the command line or the configuration file, in one line for the user.
class UsageError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// The name of an option with `_` as `-`: both ways of writing it are the same.
[[nodiscard]] std::string canonical_name(std::string_view name);

/// Brings arguments into the one form `--name=value`, or `--name` for a switch: one dash or two,
/// `_` or `-` in the name, the value behind `=` or in the next argument. Values are not touched,
/// whatever they start with; but a known option is no value, unless it stands behind `=`.
/// Throws UsageError for an unknown option, a missing or surplus value, and a word that is no
/// option.
[[nodiscard]] std::vector<std::string> normalised(
    const std::vector<std::string>& arguments,
    const boost::program_options::options_description& known);

}  // namespace belfry::client
