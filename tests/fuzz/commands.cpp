#include "tests/fuzz/check.hpp"
#include "tests/unit/wire/describe.hpp"
#include "wire/limits.hpp"
#include "wire/print.hpp"

#include <type_traits>

namespace belfry::fuzz {
namespace {

using wire::CommandParser;
using wire::testing::CommandFeed;
using wire::testing::describe;

constexpr std::size_t max_payload = 300;

using Commands = std::vector<std::string>;

Commands commands_in(const CommandParser& parser, const std::vector<std::string_view>& pieces) {
    CommandFeed feed{parser};
    for (const auto piece : pieces) feed.feed(piece);
    return feed.commands();
}

void check_splits(const CommandParser& parser, std::string_view input) {
    const Commands whole = commands_in(parser, {input});
    for (const std::size_t longest : {1U, 7U, 300U}) {
        if (commands_in(parser, in_pieces(input, longest)) != whole) {
            throw Broken{"a different split gives different commands"};
        }
    }
}

template <class Command>
void check_print(const Command& command) {
    if constexpr (!std::is_same_v<Command, wire::Malformed>) {
        std::string printed;
        wire::print(printed, command);
        // The printed line ends with CRLF, which is longer than a bare LF.
        if (printed.find('\n') >= wire::max_line) return;
        CommandParser parser{wire::max_discard};
        const auto step = parser.next(printed);
        if (!step.command || step.consumed != printed.size() ||
            describe(*step.command) != describe(wire::Command{command})) {
            throw Broken{"the command differs when printed and parsed again: " + printed};
        }
    }
}

void check_prints(CommandParser parser, std::string_view input) {
    while (true) {
        const auto step = parser.next(input);
        if (step.consumed > input.size()) throw Broken{"more bytes are consumed than there are"};
        if (step.command) {
            std::visit([](const auto& command) { check_print(command); }, *step.command);
        } else if (step.consumed == 0) {
            return;
        }
        input.remove_prefix(step.consumed);
    }
}

}  // namespace

void check_commands(std::string_view input) {
    for (const CommandParser& parser : {CommandParser{max_payload}, CommandParser::for_login()}) {
        check_splits(parser, input);
        check_prints(parser, input);
    }
}

}  // namespace belfry::fuzz
