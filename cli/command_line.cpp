#include "cli/command_line.hpp"

#include <boost/program_options/errors.hpp>
#include <boost/program_options/parsers.hpp>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>

namespace belfry::cli {
namespace {

namespace po = boost::program_options;

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// `-client_ids=1` becomes `--client-ids=1`; what does not look like an option stays as it is.
std::string with_two_dashes(const std::string& word) {
    const std::size_t name = word.find_first_not_of('-');
    if (name == 0 || name > 2 || name == std::string::npos || !is_letter(word[name])) return word;
    std::string option = "--" + word.substr(name);
    std::replace(option.begin(),
                 option.begin() + static_cast<long>(std::min(option.find('='), option.size())), '_',
                 '-');
    return option;
}

/// The file's text with every key's `_` as `-`.
std::istringstream with_dashes_in_keys(const std::string& path) {
    std::ifstream file{path};
    if (!file) throw UsageError{"cannot read the configuration file " + path};
    std::string text;
    for (std::string line; std::getline(file, line); text += line + '\n') {
        const std::size_t key_end = std::min(line.find_first_of("=#"), line.size());
        std::replace(line.begin(), line.begin() + static_cast<long>(key_end), '_', '-');
    }
    if (file.bad()) throw UsageError{"cannot read the configuration file " + path};
    return std::istringstream{text};
}

/// Boost's complaint in our words.
std::string sentence_for(const po::error& error) {
    const auto* named = dynamic_cast<const po::error_with_option_name*>(&error);
    if (named == nullptr) return error.what();
    std::string name = named->get_option_name();
    name.erase(0, name.find_first_not_of('-'));
    const std::string option = "option --" + name;
    if (dynamic_cast<const po::unknown_option*>(&error) != nullptr) return "unknown " + option;
    if (dynamic_cast<const po::multiple_occurrences*>(&error) != nullptr) {
        return option + " is given twice";
    }
    const auto* syntax = dynamic_cast<const po::invalid_command_line_syntax*>(&error);
    if (syntax != nullptr && syntax->kind() == po::invalid_syntax::extra_parameter) {
        return option + " takes no value";
    }
    if (syntax != nullptr) return option + " needs a value";
    return option + " is wrong";
}

void read_config(const std::string& path, const po::options_description& options,
                 po::variables_map& values) {
    std::istringstream text = with_dashes_in_keys(path);
    try {
        po::store(po::parse_config_file(text, options), values);
    } catch (const po::error& error) {
        throw UsageError{path + ": " + sentence_for(error)};
    }
}

std::optional<std::uint64_t> digits(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return {};
    return value;
}

[[noreturn]] void out_of_limits(std::string_view option, std::string_view text,
                                const std::string& limits) {
    throw UsageError{"--" + std::string{option} + " must be " + limits + ", not '" +
                     std::string{text} + "'"};
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

CommandLine parse(int argc, const char* const* argv, const po::options_description& options) {
    std::vector<std::string> arguments;
    std::transform(argv + 1, argv + argc, std::back_inserter(arguments), with_two_dashes);
    CommandLine line;
    try {
        using namespace po::command_line_style;
        const auto parsed = po::command_line_parser{arguments}
                                .options(options)
                                .style(allow_long | long_allow_adjacent | long_allow_next)
                                .run();
        for (const auto& option : parsed.options) {
            if (option.position_key == -1) continue;
            line.words.insert(line.words.end(), option.value.begin(), option.value.end());
        }
        po::store(parsed, line.options);
    } catch (const po::error& error) {
        throw UsageError{sentence_for(error)};
    }
    if (const auto path = text_of(line.options, "config")) {
        read_config(*path, options, line.options);
    }
    return line;
}

std::optional<std::string> text_of(const po::variables_map& options, const std::string& name) {
    if (options.count(name) == 0) return {};
    return options[name].as<std::string>();
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
