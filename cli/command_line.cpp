#include "cli/command_line.hpp"

#include <boost/program_options/errors.hpp>
#include <boost/program_options/parsers.hpp>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

namespace belfry::cli {
namespace {

namespace po = boost::program_options;

std::string canonical(std::string_view name) {
    std::string text{name};
    std::replace(text.begin(), text.end(), '_', '-');
    return text;
}

/// An argument that looks like an option, cut at its `=`.
struct Cut {
    std::string name;  ///< canonical; empty: the argument is no option
    std::string_view value;
    bool has_value = false;
};

Cut cut(std::string_view argument) {
    if (!argument.starts_with('-')) return {};
    argument.remove_prefix(argument.starts_with("--") ? 2 : 1);
    const std::size_t equals = argument.find('=');
    if (equals == std::string_view::npos) return {canonical(argument), {}, false};
    return {canonical(argument.substr(0, equals)), argument.substr(equals + 1), true};
}

/// Walks over the arguments and cuts them into options and words. Values are not touched, whatever
/// they start with; but a known option is no value, unless it stands behind `=`.
class Walk {
  public:
    Walk(const std::vector<std::string>& arguments, const po::options_description& known)
        : at_{arguments.begin()}, end_{arguments.end()}, known_{known} {}

    void run(std::vector<po::option>& options, std::vector<std::string>& words) {
        while (at_ != end_) {
            const std::string& argument = *at_++;
            if (argument == "--") {
                words.insert(words.end(), at_, end_);
                return;
            }
            const Cut option = cut(argument);
            if (option.name.empty()) {
                words.push_back(argument);
            } else {
                options.emplace_back(option.name, std::vector{value_of(option)});
            }
        }
    }

  private:
    [[nodiscard]] const po::option_description* find(const std::string& name) const {
        return name.empty() ? nullptr : known_.find_nothrow(name, false);
    }

    std::string value_of(const Cut& option) {
        const auto* description = find(option.name);
        if (description == nullptr) throw UsageError{"unknown option --" + option.name};
        const bool is_switch = description->semantic()->max_tokens() == 0;
        if (is_switch && !option.has_value) return "true";
        const bool follows = !option.has_value && at_ != end_ && find(cut(*at_).name) == nullptr;
        std::string value{follows ? std::string_view{*at_++} : option.value};
        if (value.empty()) throw UsageError{"option --" + option.name + " needs a value"};
        return value;
    }

    std::vector<std::string>::const_iterator at_;
    std::vector<std::string>::const_iterator end_;
    const po::options_description& known_;
};

/// Boost's complaints that are left, in our words.
std::string sentence_for(const po::error_with_option_name& error) {
    std::string option = canonical(error.get_option_name());
    option = "option --" + option.substr(std::min(option.find_first_not_of('-'), option.size()));
    if (dynamic_cast<const po::multiple_occurrences*>(&error) != nullptr) {
        return option + " is given twice";
    }
    return option + " must be true or false";
}

/// A line of a configuration file, or a variable, that sets something.
struct Setting {
    std::string where;  ///< file and line, or the variable, for complaints
    std::string name;   ///< canonical, not empty
    std::string value;
};

/// None: the line is empty, or a comment. Boost is given one line at a time, so that complaints can
/// say which one; so it knows no sections.
std::optional<Setting> setting_in(const std::string& line, const std::string& where) {
    // It would end a path or a message before its end.
    if (line.find('\0') != std::string::npos) throw UsageError{where + "holds a NUL byte"};
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

/// None: it cannot be read.
std::optional<std::vector<Setting>> settings_in(const std::string& path) {
    std::ifstream file{path};
    std::vector<Setting> settings;
    std::size_t number = 0;
    for (std::string line; std::getline(file, line);) {
        const std::string where = path + ":" + std::to_string(++number) + ": ";
        if (auto setting = setting_in(line, where)) settings.push_back(*std::move(setting));
    }
    // A directory can be opened, but not read.
    if (!file.is_open() || file.bad()) return {};
    return settings;
}

/// Some stand on the command line alone.
bool is_known_setting(const std::string& name, const po::options_description& known) {
    if (name == "config" || name == "help" || name == "version") return false;
    return known.find_nothrow(name, false) != nullptr;
}

/// What was said before stays.
void store(const Setting& setting, bool is_default, const po::options_description& known,
           CommandLine& line) {
    po::variables_map& values = line.options;
    if (values.count(setting.name) == 0 || values[setting.name].defaulted()) {
        line.origins[setting.name] = {.text = setting.where, .is_default = is_default};
    }
    po::parsed_options one{&known};
    one.options.emplace_back(setting.name, std::vector{setting.value});
    try {
        po::store(one, values);
    } catch (const po::error&) {
        throw UsageError{setting.where + "option --" + setting.name + " must be true or false"};
    }
}

void store_all(const std::vector<Setting>& settings, bool is_default,
               const po::options_description& known, CommandLine& line) {
    std::set<std::string> seen;
    for (const Setting& setting : settings) {
        if (!is_known_setting(setting.name, known)) {
            throw UsageError{setting.where + "unknown option --" + setting.name};
        }
        if (!seen.insert(setting.name).second) {
            throw UsageError{setting.where + "option --" + setting.name + " is given twice"};
        }
        if (setting.value.empty()) {
            throw UsageError{setting.where + "option --" + setting.name + " needs a value"};
        }
        store(setting, is_default, known, line);
    }
}

void read_named_file(const std::string& path, bool is_default, const po::options_description& known,
                     CommandLine& line) {
    const auto settings = settings_in(path);
    if (!settings) throw UsageError{"cannot read the configuration file " + path};
    store_all(*settings, is_default, known, line);
}

/// The variable that stands for an option: BELFRY_DATA_DIR for --data-dir.
std::string variable_for(const std::string& option, const std::string& prefix) {
    std::string name = prefix;
    for (const char c : option) {
        name += c == '-' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    }
    return name;
}

/// An empty variable counts as none.
void read_environment(const std::string& prefix, const po::options_description& known,
                      CommandLine& line) {
    for (const auto& option : known.options()) {
        const std::string& name = option->long_name();
        if (name != "config" && !is_known_setting(name, known)) continue;
        const std::string variable = variable_for(name, prefix);
        const char* value = std::getenv(variable.c_str());
        if (value == nullptr || *value == '\0') continue;
        store({"environment variable " + variable + ": ", name, value}, true, known, line);
    }
}

/// Nobody has named the default file, so that one that cannot be read counts as none.
void read_defaults(const Defaults& defaults, const po::options_description& known,
                   CommandLine& line) {
    const bool has_file = line.options.count("config") != 0;
    if (!defaults.environment_prefix.empty()) {
        read_environment(defaults.environment_prefix, known, line);
    }
    if (has_file) return;
    if (const auto path = text_of(line.options, "config")) {
        read_named_file(*path, true, known, line);
    } else if (!defaults.file.empty()) {
        store_all(settings_in(defaults.file).value_or(std::vector<Setting>{}), true, known, line);
    }
}

CommandLine parse_arguments(const std::vector<std::string>& arguments,
                            const po::options_description& known) {
    CommandLine line;
    po::parsed_options given{&known};
    Walk{arguments, known}.run(given.options, line.words);
    try {
        po::store(given, line.options);
    } catch (const po::error_with_option_name& error) {
        throw UsageError{sentence_for(error)};
    }
    return line;
}

/// They are to work whatever files and variables say.
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

/// 65536 as 64K.
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
    CommandLine line = parse_arguments(arguments, options);
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
    return UsageError{place->second.text + error.what(), error.option()};
}

std::optional<std::string> text_of(const po::variables_map& options, const std::string& name) {
    if (options.count(name) == 0) return {};
    return options[name].as<std::string>();
}

bool is_default(const CommandLine& line, const std::string& name) {
    const auto place = line.origins.find(name);
    return place != line.origins.end() && place->second.is_default;
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
