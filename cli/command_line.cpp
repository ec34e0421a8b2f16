#include "cli/command_line.hpp"

#include <boost/algorithm/string/case_conv.hpp>
#include <boost/algorithm/string/replace.hpp>
#include <boost/program_options/errors.hpp>
#include <boost/program_options/parsers.hpp>

#include <charconv>
#include <cstdlib>
#include <fstream>
#include <locale>
#include <set>
#include <sstream>

namespace belfry::cli {
namespace {

namespace po = boost::program_options;

std::string canonical(std::string_view name) {
    return boost::algorithm::replace_all_copy(std::string{name}, "_", "-");
}

/// An option with its value, and where it was found.
struct Setting {
    std::string where;  ///< file and line, or the variable, for messages; empty: the command line
    std::string name;   ///< canonical, not empty
    std::string value;  ///< empty: missing
};

/// An argument that looks like an option, split at its `=`.
struct Cut {
    std::string name;  ///< canonical; empty: the argument is not an option
    std::optional<std::string> value;
};

Cut cut(std::string_view argument) {
    if (!argument.starts_with('-')) return {};
    argument.remove_prefix(argument.starts_with("--") ? 2 : 1);
    const std::size_t equals = argument.find('=');
    if (equals == std::string_view::npos) return {canonical(argument), {}};
    return {canonical(argument.substr(0, equals)), std::string{argument.substr(equals + 1)}};
}

bool is_option(const std::string& name, const po::options_description& known) {
    return !name.empty() && known.find_nothrow(name, false) != nullptr;
}

bool takes_value(const std::string& name, const po::options_description& known) {
    return is_option(name, known) && known.find(name, false).semantic()->max_tokens() != 0;
}

/// Tells whether one source may set the option several times.
bool is_repeatable(const std::string& name, const po::options_description& known) {
    return known.find(name, false).semantic()->is_composing();
}

/// Splits the arguments into options and words. A value may start with any character. But the name
/// of a known option is a value only after `=`. Boost's own parser would take it for a value
/// anyway, and allows no value for a switch.
std::vector<Setting> settings_in(const std::vector<std::string>& arguments,
                                 const po::options_description& known,
                                 std::vector<std::string>& words) {
    std::vector<Setting> settings;
    for (auto at = arguments.begin(); at != arguments.end();) {
        const std::string& argument = *at++;
        if (argument == "--") {
            words.insert(words.end(), at, arguments.end());
            break;
        }
        auto [name, value] = cut(argument);
        if (name.empty()) {
            words.push_back(argument);
            continue;
        }
        const bool needs_value = takes_value(name, known);
        const bool follows = at != arguments.end() && !is_option(cut(*at).name, known);
        if (!value && needs_value && follows) value = *at++;
        settings.push_back({"", name, value.value_or(needs_value ? "" : "true")});
    }
    return settings;
}

/// Parses a line of a configuration file. @return nothing if the line is empty or a comment.
/// Boost gets one line at a time, so that messages can name the line. Therefore there are no
/// sections.
std::optional<Setting> setting_in(const std::string& line, const std::string& where) {
    // A NUL byte would cut off a path or a message.
    if (line.find('\0') != std::string::npos) throw UsageError{where + "contains a NUL byte"};
    const auto none = [&] {
        return UsageError{where + "'" + line + "' is not of the form name = value"};
    };
    const std::size_t first = line.find_first_not_of(" \t");
    if (first != std::string::npos && line[first] == '[') throw none();
    std::istringstream text{line};
    try {
        const auto parsed = po::parse_config_file(text, po::options_description{}, true).options;
        if (parsed.empty()) return {};
        if (parsed.front().string_key.empty()) throw none();
        return Setting{where, canonical(parsed.front().string_key), parsed.front().value.front()};
    } catch (const po::error&) {
        throw none();
    }
}

/// Parses a configuration file. @return nothing if it cannot be read
std::optional<std::vector<Setting>> settings_in(const std::string& path) {
    std::ifstream file{path};
    std::vector<Setting> settings;
    std::size_t number = 0;
    for (std::string line; std::getline(file, line);) {
        const std::string where = path + ":" + std::to_string(++number) + ": ";
        if (auto setting = setting_in(line, where)) settings.push_back(*std::move(setting));
    }
    // A directory can be opened but not read.
    if (!file.is_open() || file.bad()) return {};
    return settings;
}

/// Returns the options that a file may set: a file names no other file, and does not ask for help.
po::options_description allowed_in_files(const po::options_description& known) {
    po::options_description allowed;
    for (const auto& option : known.options()) {
        const std::string& name = option->long_name();
        if (name != "config" && name != "help" && name != "version") allowed.add(option);
    }
    return allowed;
}

/// Returns the environment variable of an option: BELFRY_DATA_DIR for --data-dir.
std::string variable_for(const std::string& option, const std::string& prefix) {
    return prefix +
           boost::algorithm::to_upper_copy(boost::algorithm::replace_all_copy(option, "-", "_"),
                                           std::locale::classic());
}

/// Reads the environment. An empty variable counts as unset.
std::vector<Setting> settings_in_environment(const std::string& prefix,
                                             const po::options_description& known) {
    std::vector<Setting> settings;
    for (const auto& option : known.options()) {
        const std::string& name = option->long_name();
        if (name == "help" || name == "version") continue;
        const std::string variable = variable_for(name, prefix);
        const char* const value = std::getenv(variable.c_str());
        if (value == nullptr || *value == '\0') continue;
        settings.push_back({"environment variable " + variable + ": ", name, value});
    }
    return settings;
}

/// Stores a setting that no earlier source has set.
void store(const Setting& setting, bool is_default, const po::options_description& known,
           CommandLine& line) {
    line.origins[setting.name].push_back({.text = setting.where, .is_default = is_default});
    po::parsed_options one{&known};
    one.options.emplace_back(setting.name, std::vector{setting.value});
    try {
        po::store(one, line.options);
    } catch (const po::error&) {
        throw UsageError{setting.where + "option --" + setting.name + " must be true or false"};
    }
}

/// Stores the settings of one source. @throws UsageError about the first wrong one
void store_all(const std::vector<Setting>& settings, bool is_default,
               const po::options_description& known, CommandLine& line) {
    const auto earlier = line.origins;
    std::set<std::string> seen;
    for (const Setting& setting : settings) {
        if (!is_option(setting.name, known)) {
            throw UsageError{setting.where + "unknown option --" + setting.name};
        }
        if (!seen.insert(setting.name).second && !is_repeatable(setting.name, known)) {
            throw UsageError{setting.where + "option --" + setting.name + " is given twice"};
        }
        if (setting.value.empty()) {
            throw UsageError{setting.where + "option --" + setting.name + " needs a value"};
        }
        if (!earlier.contains(setting.name)) store(setting, is_default, known, line);
    }
}

void read_named_file(const std::string& path, bool is_default, const po::options_description& known,
                     CommandLine& line) {
    const auto settings = settings_in(path);
    if (!settings) throw UsageError{"cannot read the configuration file " + path};
    store_all(*settings, is_default, allowed_in_files(known), line);
}

/// Reads the environment and the default file. An unreadable default file counts as missing,
/// because the user did not name it.
void read_defaults(const Defaults& defaults, const po::options_description& known,
                   CommandLine& line) {
    const bool has_file = line.options.count("config") != 0;
    if (!defaults.environment_prefix.empty()) {
        store_all(settings_in_environment(defaults.environment_prefix, known), true, known, line);
    }
    if (has_file) return;
    if (const auto path = text_of(line.options, "config")) {
        read_named_file(*path, true, known, line);
    } else if (const auto settings = settings_in(defaults.file)) {
        store_all(*settings, true, allowed_in_files(known), line);
    }
}

/// Tells whether to read nothing but the command line: help must work even if a file or variable is
/// wrong.
bool asks_for_help_or_version(const po::variables_map& options) {
    const auto is_on = [&options](const char* name) {
        return options.count(name) != 0 && is_set(options, name);
    };
    return is_on("help") || is_on("version");
}

std::optional<std::uint64_t> digits(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return {};
    return value;
}

[[noreturn]] void out_of_limits(std::string_view option, std::string_view text,
                                const std::string& limits) {
    throw UsageError{
        "--" + std::string{option} + " must be " + limits + ", not '" + std::string{text} + "'",
        option};
}

/// Formats a number of bytes: 65536 as 64K.
std::string short_form(std::uint64_t bytes) {
    constexpr std::string_view units = "KMG";
    std::string suffix;
    for (const char unit : units) {
        if (bytes == 0 || bytes % 1024 != 0) break;
        bytes /= 1024;
        suffix = unit;
    }
    return std::to_string(bytes) + suffix;
}

}  // namespace

CommandLine parse(const std::vector<std::string>& arguments, const po::options_description& options,
                  const Defaults& defaults) {
    CommandLine line;
    po::store(po::parsed_options{&options}, line.options);  // the defaults
    store_all(settings_in(arguments, options, line.words), false, options, line);
    if (asks_for_help_or_version(line.options)) return line;
    if (const auto path = text_of(line.options, "config")) {
        read_named_file(*path, false, options, line);
    }
    read_defaults(defaults, options, line);
    return line;
}

UsageError with_origin(const UsageError& error, const CommandLine& line) {
    const auto place = line.origins.find(error.option());
    if (place == line.origins.end()) return error;
    const Origin& origin = place->second.at(error.index());
    return UsageError{origin.text + error.what(), error.option(), error.index()};
}

std::optional<std::string> text_of(const po::variables_map& options, const std::string& name) {
    if (options.count(name) == 0) return {};
    return options[name].as<std::string>();
}

std::string required_text(const po::variables_map& options, const std::string& name) {
    if (auto text = text_of(options, name)) return *text;
    throw UsageError{"option --" + name + " is missing"};
}

std::vector<std::string> texts_of(const po::variables_map& options, const std::string& name) {
    if (options.count(name) == 0) return {};
    return options[name].as<std::vector<std::string>>();
}

bool is_default(const CommandLine& line, const std::string& name) {
    const auto place = line.origins.find(name);
    return place != line.origins.end() && place->second.front().is_default;
}

bool is_set(const po::variables_map& options, const std::string& name) {
    return options[name].as<bool>();
}

std::uint64_t whole_number(std::string_view option, std::string_view text, std::uint64_t min,
                           std::uint64_t max) {
    const auto value = digits(text);
    if (!value || *value < min || *value > max) {
        out_of_limits(option, text,
                      "a number from " + std::to_string(min) + " to " + std::to_string(max));
    }
    return *value;
}

std::uint64_t byte_count(std::string_view option, std::string_view text, std::uint64_t min,
                         std::uint64_t max) {
    std::uint64_t unit = 1;
    std::string_view number = text;
    const std::size_t suffix = text.empty() ? 0 : std::string_view{"KMGkmg"}.find(text.back());
    if (!text.empty() && suffix != std::string_view::npos) {
        unit = 1ULL << (10 * (suffix % 3 + 1));
        number.remove_suffix(1);
    }
    const auto value = digits(number);
    if (!value || *value > max / unit || *value * unit < min) {
        out_of_limits(option, text,
                      "a size from " + short_form(min) + " to " + short_form(max) +
                          " (bytes, or with K, M or G)");
    }
    return *value * unit;
}

}  // namespace belfry::cli
