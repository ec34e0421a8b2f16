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

/// What every benchmark program can be asked for.
struct CommonOptions {
    std::optional<std::string> only;  ///< a part of the program
    bool quick = false;
    std::size_t rounds = 5;
    std::filesystem::path dir = "build";           ///< servers write below it
    std::optional<std::filesystem::path> results;  ///< none: print only
};

/// A program and the names of its parts. No names: any are good.
struct Program {
    std::string_view name;
    std::string_view does;
    std::vector<std::string_view> parts;
};

/// The names of a program's parts.
template <typename Parts>
[[nodiscard]] std::vector<std::string_view> names_of(const Parts& parts) {
    std::vector<std::string_view> names;
    names.reserve(parts.size());
    for (const auto& part : parts) names.push_back(part.name);
    return names;
}

/// The options that all programs have.
[[nodiscard]] boost::program_options::options_description common_options(const Program& program);

/// Reads the arguments (without the program's name). None: `--help` was asked for, and has been
/// printed. @throws cli::UsageError
[[nodiscard]] std::optional<boost::program_options::variables_map> read_arguments(
    const Program& program, const boost::program_options::options_description& options,
    const std::vector<std::string>& arguments);

/// @throws cli::UsageError
[[nodiscard]] CommonOptions common_from(const Program& program,
                                        const boost::program_options::variables_map& given);

/// For programs that have no other options.
[[nodiscard]] std::optional<CommonOptions> read_common_options(
    const Program& program, const std::vector<std::string>& arguments);

}  // namespace belfry::bench
