#include "tests/support/screen.hpp"

#include "tests/support/failure.hpp"

#include <charconv>

namespace belfry::test {
namespace {

/// For the shell that tmux starts.
std::string quoted(const std::string& word) {
    std::string text = "'";
    for (const char c : word) text += c == '\'' ? std::string{R"('\'')"} : std::string{c};
    return text + "'";
}

}  // namespace

Screen::Screen(const std::vector<std::string>& program, Size size) {
    std::string line;
    for (const std::string& word : program) line += quoted(word) + " ";
    const Result started =
        tmux({"-f", "/dev/null", "new-session", "-d", "-x", std::to_string(size.columns), "-y",
              std::to_string(size.rows), line + "; echo \"ended with $?\"; exec sleep 1000"});
    if (started.status != 0) throw Failure{"tmux does not start: " + started.err};
}

Screen::~Screen() {
    tmux({"kill-server"});
}

std::string Screen::text() const {
    return tmux({"capture-pane", "-p"}).out;
}

void Screen::wait_for(const std::string& part) const {
    std::string seen;
    if (eventually([&] { return (seen = text()).find(part) != std::string::npos; })) return;
    throw Failure{"'" + part + "' does not come onto the screen:\n" + seen};
}

void Screen::press(const std::string& key) const {
    tmux({"send-keys", key});
}

void Screen::resize(Size size) const {
    tmux({"resize-window", "-x", std::to_string(size.columns), "-y", std::to_string(size.rows)});
}

int Screen::wait_for_end() const {
    const std::string mark = "ended with ";
    wait_for(mark);
    const std::string seen = text();
    const char* const number = seen.data() + seen.find(mark) + mark.size();
    int status = -1;
    std::from_chars(number, seen.data() + seen.size(), status);
    return status;
}

Result Screen::tmux(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"-S", (folder_.path() / "socket").string()});
    return run({.program = "/usr/bin/tmux",
                .arguments = std::move(arguments),
                .environment = {{"TERM", "xterm"}, {"LC_ALL", "C.UTF-8"}}});
}

}  // namespace belfry::test
