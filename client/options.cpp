#include "client/options.hpp"

#include "wire/client_id.hpp"

#include <boost/program_options/errors.hpp>
#include <boost/program_options/parsers.hpp>
#include <boost/program_options/variables_map.hpp>

#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <fstream>
#include <sstream>

namespace belfry::client {
namespace {

namespace po = boost::program_options;

po::options_description settings() {
    const auto text = [](const char* name) { return po::value<std::string>()->value_name(name); };
    po::options_description known{"Options (one dash or two, '_' and '-' alike)", 100};
    known.add_options()                                                                           //
        ("client-id", text("ID"), "log in as ID")                                                 //
        ("server-ip", text("ADDR")->default_value("127.0.0.1"), "address or name of the server")  //
        ("port", text("N")->default_value("5000"), "port of the server")                          //
        ("follow", po::bool_switch(),
         "stay after the end of standard input; reconnect for ever")                //
        ("count", text("N"), "exit when N messages by others have been printed")    //
        ("timeout", text("S"), "exit with status 5 when not done after S seconds")  //
        ("peek", po::bool_switch(),
         "acknowledge nothing: the same messages come again next time")  //
        ("json", po::bool_switch(), "print messages as JSON, one object a line");
    return known;
}

// The configuration file holds settings; these are for the command line alone.
po::options_description all_options() {
    po::options_description known = settings();
    known.add_options()  //
        ("config", po::value<std::string>()->value_name("FILE"),
         "read options from FILE: lines 'name = value'")              //
        ("version", po::bool_switch(), "print the version and exit")  //
        ("help", po::bool_switch(), "print this and exit");
    return known;
}

std::string name_of(const po::error_with_option_name& error) {
    return canonical_name(error.get_option_name());
}

po::parsed_options from_command_line(const std::vector<std::string>& arguments,
                                     const po::options_description& known) {
    return po::command_line_parser{normalised(arguments, known)}
        .options(known)
        .style(po::command_line_style::allow_long | po::command_line_style::long_allow_adjacent)
        .run();
}

std::string contents_of(const std::string& file) {
    std::ifstream stream{file};
    std::string contents;
    for (std::string line; std::getline(stream, line);) contents += line + "\n";
    // A directory can be opened, but not read.
    if (!stream.is_open() || stream.bad()) {
        throw UsageError{"cannot read " + file + ": " + std::strerror(errno)};
    }
    return contents;
}

po::parsed_options from_lines(const std::string& contents, const std::string& file) {
    std::istringstream stream{contents};
    try {
        return po::parse_config_file(stream, po::options_description{}, true);
    } catch (const po::invalid_config_file_syntax& error) {
        throw UsageError{file + ": '" + error.tokens() + "' is not of the form name = value"};
    }
}

po::parsed_options from_file(const std::string& file, const po::options_description& known) {
    const auto lines = from_lines(contents_of(file), file);
    po::parsed_options result{&known};
    for (const auto& line : lines.options) {
        const auto name = canonical_name(line.string_key);
        if (known.find_nothrow(name, false) == nullptr) {
            throw UsageError{file + ": unknown option '" + line.string_key + "'"};
        }
        result.options.emplace_back(name, line.value);
    }
    return result;
}

void store_file(const std::string& file, po::variables_map& values) {
    const auto known = settings();
    try {
        po::store(from_file(file, known), values);
    } catch (const po::multiple_occurrences& error) {
        throw UsageError{file + ": option " + name_of(error) + " is given twice"};
    } catch (const po::error_with_option_name& error) {
        throw UsageError{file + ": the value of " + name_of(error) + " must be true or false"};
    }
}

po::variables_map read_values(const std::vector<std::string>& arguments) {
    const auto known = all_options();
    po::variables_map values;
    try {
        po::store(from_command_line(arguments, known), values);
    } catch (const po::multiple_occurrences& error) {
        throw UsageError{"option " + name_of(error) + " is given twice"};
    }
    if (values.count("config") > 0) store_file(values["config"].as<std::string>(), values);
    return values;
}

template <typename Number>
std::optional<Number> positive(const std::string& text) {
    Number value{};
    const char* end = text.data() + text.size();
    const auto result = std::from_chars(text.data(), end, value);
    if (result.ec != std::errc{} || result.ptr != end || !(value > 0)) return std::nullopt;
    return value;
}

std::string client_id_in(const po::variables_map& values) {
    if (values.count("client-id") == 0) throw UsageError{"option --client-id is missing"};
    const auto text = values["client-id"].as<std::string>();
    if (wire::is_client_id(text)) return text;
    throw UsageError{"'" + text + "' is no client-id: 1 to 32 of A-Z a-z 0-9 _ . -"};
}

std::string server_ip_in(const po::variables_map& values) {
    const auto text = values["server-ip"].as<std::string>();
    if (text.empty()) throw UsageError{"option --server-ip needs a value"};
    return text;
}

std::string port_in(const po::variables_map& values) {
    const auto text = values["port"].as<std::string>();
    const auto port = positive<std::uint16_t>(text);
    if (port) return std::to_string(*port);
    throw UsageError{"--port must be a number from 1 to 65535, not '" + text + "'"};
}

std::optional<std::uint64_t> count_in(const po::variables_map& values) {
    if (values.count("count") == 0) return std::nullopt;
    const auto text = values["count"].as<std::string>();
    if (const auto count = positive<std::uint64_t>(text)) return count;
    throw UsageError{"--count must be a number above 0, not '" + text + "'"};
}

std::optional<Duration> timeout_in(const po::variables_map& values) {
    // More than anybody waits, and within what a Duration can hold.
    constexpr double longest = 1e9;
    if (values.count("timeout") == 0) return std::nullopt;
    const auto text = values["timeout"].as<std::string>();
    const auto seconds = positive<double>(text);
    if (!seconds || !std::isfinite(*seconds))
        throw UsageError{"--timeout must be a number of seconds above 0, not '" + text + "'"};
    return std::chrono::ceil<Duration>(std::chrono::duration<double>{std::min(*seconds, longest)});
}

Options only(Options::Action action) {
    Options options;
    options.action = action;
    return options;
}

}  // namespace

Options read_options(const std::vector<std::string>& arguments) {
    const auto values = read_values(arguments);
    if (values["help"].as<bool>()) return only(Options::Action::help);
    if (values["version"].as<bool>()) return only(Options::Action::version);
    return {.action = Options::Action::run,
            .client_id = client_id_in(values),
            .server_ip = server_ip_in(values),
            .port = port_in(values),
            .json = values["json"].as<bool>(),
            .follow = values["follow"].as<bool>(),
            .peek = values["peek"].as<bool>(),
            .count = count_in(values),
            .timeout = timeout_in(values)};
}

std::string help() {
    std::ostringstream text;
    text << "Usage: belfry -client_id ID [-server_ip ADDR] [-port N] [options]\n\n"
            "Sends the lines of standard input to a Belfry server, and prints the messages of\n"
            "others. Ends when standard input has ended, every line has been accepted, and what\n"
            "was waiting has been printed.\n\n"
         << all_options()
         << "\nExit status:\n"
            "  0  done: every line has been accepted\n"
            "  1  standard output cannot be written\n"
            "  2  wrong usage\n"
            "  3  login refused\n"
            "  4  no connection\n"
            "  5  not done within --timeout\n"
            "  6  a line was not accepted\n"
            "  7  taken over by a later login of the same client-id\n"
            "  128 + N  ended by signal N\n";
    return text.str();
}

}  // namespace belfry::client
