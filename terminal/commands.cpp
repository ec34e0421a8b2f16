#include "terminal/commands.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace belfry::terminal::typed {
namespace {

constexpr std::uint64_t usual_history = 20;
constexpr std::uint64_t max_history = 10'000;

constexpr std::array<CommandHelp, 6> all{{
    {"/who", "/who", "show who is online"},
    {"/history", "/history [N]", "show the last N messages again (default: 20)"},
    {"/search", "/search TEXT", "show the newest messages that contain TEXT"},
    {"/me", "/me TEXT", "describe what you do: * ann waves"},
    {"/help", "/help", "show this list"},
    {"/quit", "/quit", "quit after all messages are sent; Ctrl-D does the same"},
}};

std::string_view trimmed(std::string_view text) {
    while (text.starts_with(' ')) text.remove_prefix(1);
    while (text.ends_with(' ')) text.remove_suffix(1);
    return text;
}

Meaning history(std::string_view argument) {
    if (argument.empty()) return ShowHistory{usual_history};
    std::uint64_t count = 0;
    const char* end = argument.data() + argument.size();
    const auto result = std::from_chars(argument.data(), end, count);
    const bool is_number = result.ec == std::errc{} && result.ptr == end;
    if (is_number && count >= 1 && count <= max_history) return ShowHistory{count};
    return Mistake{"/history needs a number from 1 to " + std::to_string(max_history)};
}

Meaning search(std::string_view argument) {
    if (argument.empty()) return Mistake{"/search needs a text to look for"};
    return SearchText{argument};
}

Meaning command(std::string_view line) {
    const auto name = line.substr(0, line.find(' '));
    const auto argument = trimmed(line.substr(name.size()));
    if (name == "/history") return history(argument);
    if (name == "/search") return search(argument);
    if (name == "/me") {
        if (argument.empty()) return Mistake{"/me needs a text, for example /me waves"};
        return Text{line};
    }
    if (argument.empty()) {
        if (name == "/who") return ListOnline{};
        if (name == "/help") return ShowHelp{};
        if (name == "/quit") return Leave{};
    }
    return Mistake{"unknown command: " + std::string{line} +
                   " (/help lists all; // begins a message with a slash)"};
}

}  // namespace

Meaning read(std::string_view line) {
    if (line.empty()) return Nothing{};
    if (line.starts_with("//")) return Text{line.substr(1)};
    if (line.starts_with('/')) return command(line);
    return Text{line};
}

std::span<const CommandHelp> commands() {
    return all;
}

std::string overview() {
    std::string text;
    for (const auto& command : all) {
        std::string form{command.form};
        form.resize(std::max<std::size_t>(form.size(), 14), ' ');
        text.append("  ").append(form).append("  ").append(command.what).append("\n");
    }
    return text + "  //text          send a message that begins with a slash\n";
}

Completion complete(std::string_view front, const std::vector<std::string>& words) {
    auto word = front.substr(front.find_last_of(' ') + 1);
    if (word.starts_with('@')) word.remove_prefix(1);
    Completion found;
    for (const auto& candidate : words) {
        if (candidate.starts_with(word)) found.choices.push_back(candidate);
    }
    std::sort(found.choices.begin(), found.choices.end());
    if (found.choices.empty()) return found;
    // The choices are sorted, so all of them share what the first and the last one share.
    const std::string_view first = found.choices.front();
    const std::string_view last = found.choices.back();
    const auto* const end =
        std::mismatch(first.begin(), first.end(), last.begin(), last.end()).first;
    found.rest.assign(first.begin() + word.size(), end);
    if (found.choices.size() == 1) found.rest += ' ';
    return found;
}

}  // namespace belfry::terminal::typed
