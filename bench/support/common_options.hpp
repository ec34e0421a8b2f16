#pragma once

#include <boost/program_options/options_description.hpp>
#include <boost/program_options/variables_map.hpp>

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace belfry::bench {

/// The options that every benchmark program has.
struct CommonOptions {
    std::optional<std::string> only;  ///< the only part of the program to run
    bool quick = false;
    std::size_t rounds = 5;
    std::filesystem::path dir = "build";           ///< servers write below this directory
    std::optional<std::filesystem::path> results;  ///< empty: results are only printed
};

/// A program and the names of its parts. If there are none, --only accepts any name.
struct Program {
    std::string_view name;
    std::string_view does;
    std::vector<std::string_view> parts;
};

/// Returns the names of the parts of a program.
template <typename Parts>
[[nodiscard]] std::vector<std::string_view> names_of(const Parts& parts) {
    std::vector<std::string_view> names;
    names.reserve(parts.size());
    for (const auto& part : parts) names.push_back(part.name);
    return names;
}

/// Returns the description of the options that all programs have.
[[nodiscard]] boost::program_options::options_description common_options(const Program& program);

/// Reads the arguments, without the name of the program. Returns nothing after it has printed
/// --help.
/// @throws cli::UsageError
[[nodiscard]] std::optional<boost::program_options::variables_map> read_arguments(
    const Program& program, const boost::program_options::options_description& options,
    const std::vector<std::string>& arguments);

/// Returns the common options among the given ones.
/// @throws cli::UsageError
[[nodiscard]] CommonOptions common_from(const Program& program,
                                        const boost::program_options::variables_map& given);

/// Reads the arguments of a program that has no other options.
[[nodiscard]] std::optional<CommonOptions> read_common_options(
    const Program& program, const std::vector<std::string>& arguments);

}  // namespace belfry::bench
