#include "tests/support/terminal.hpp"

#include "base/unique_fd.hpp"
#include "tests/support/failure.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <iostream>
#include <regex>
#include <sstream>

namespace belfry::test {
namespace {

std::string shell_word(std::string_view word) {
    std::string text{"'"};
    for (const char c : word) text += c == '\'' ? std::string{"'\\''"} : std::string{c};
    return text + "'";
}

/// Returns a shell script that runs the program, records its status and modes in files, and keeps
/// the terminal open.
std::string script_for(const Invocation& command, const std::filesystem::path& folder) {
    std::string environment;
    for (const auto& [name, value] : command.environment) {
        environment += "export " + name + "=" + shell_word(value) + "; ";
    }
    // At its end the script waits for a line, so that tmux can still show the screen. Core files
    // are turned off for tests that send SIGQUIT.
    return "ulimit -c 0; cd " + shell_word(folder.string()) +
           "; export HOME=$PWD XDG_CONFIG_HOME=$PWD/config" +
           " XDG_STATE_HOME=$PWD/state; unset NO_COLOR; trap : INT HUP TERM QUIT; " + environment +
           "until [ -e recorded ]; do sleep 0.01; done; stty -g > modes-before; " +
           "sh -c 'trap - INT HUP TERM QUIT; echo $$ > pid; exec \"$@\"' sh " +
           shell_line(command) +
           "; echo $? > status.new; stty -g > modes-after; mv status.new status; read line";
}

std::string trimmed(std::string text) {
    text.erase(text.find_last_not_of(" \n") + 1);
    return text;
}

}  // namespace

std::string shell_line(const Invocation& command) {
    std::string line = shell_word(command.program.string());
    for (const auto& argument : command.arguments) line += " " + shell_word(argument);
    return line;
}

Terminal::Terminal(const Invocation& command, TerminalSize size)
    : server_{{.program = "/usr/bin/tmux",
               .arguments = {"-u", "-S", file("socket").string(), "-f", "/dev/null", "-D"}}} {
    wait_until("a terminal", [this] { return std::filesystem::exists(file("socket")); });
    static_cast<void>(
        tmux({"set", "-g", "default-terminal", "tmux-256color", ";", "new-session", "-d", "-x",
              std::to_string(size.columns), "-y", std::to_string(size.rows),
              "sh -c " + shell_word(script_for(command, folder_.path())), ";", "pipe-pane", "-O",
              "cat > " + shell_word(file("written").string())}));
    wait_until("a record", [this] { return std::filesystem::exists(file("written")); });
    static_cast<void>(folder_.write("recorded", ""));
}

Terminal::~Terminal() {
    try {
        // The program and the script that records its end must end first, so that no process is
        // left.
        if (!std::filesystem::exists(file("status"))) ::kill(pid(), SIGKILL);
        static_cast<void>(wait());
        static_cast<void>(tmux({"kill-server"}));
        server_.wait();
    } catch (const std::exception& error) {
        std::cerr << error.what() << '\n';
    }
}

std::filesystem::path Terminal::file(std::string_view name) const {
    return folder_.path() / name;
}

std::string Terminal::tmux(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"-u", "-S", file("socket").string()});
    const Result result = run({.program = "/usr/bin/tmux", .arguments = std::move(arguments)});
    if (result.status != 0) throw Failure("tmux: " + result.err);
    return result.out;
}

void Terminal::wait_until(std::string_view what, const std::function<bool()>& holds) const {
    const Deadline deadline{default_wait};
    while (!holds()) {
        if (deadline.passed()) {
            throw Failure("not on the screen: " + std::string{what} + "\n" + screen());
        }
        std::this_thread::sleep_for(Milliseconds{10});
    }
}

void Terminal::type(std::string_view text) {
    static_cast<void>(tmux({"send-keys", "-l", std::string{text}}));
}

void Terminal::press(const std::vector<std::string>& keys) {
    std::vector<std::string> arguments{"send-keys"};
    arguments.insert(arguments.end(), keys.begin(), keys.end());
    static_cast<void>(tmux(std::move(arguments)));
}

void Terminal::enter(std::string_view line) {
    static_cast<void>(tmux({"send-keys", "-l", std::string{line}, ";", "send-keys", "Enter"}));
}

void Terminal::paste(std::string_view text) {
    const auto pasted = folder_.write("pasted", text);
    static_cast<void>(tmux({"load-buffer", pasted.string(), ";", "paste-buffer", "-p"}));
}

void Terminal::resize(TerminalSize size) {
    static_cast<void>(tmux(
        {"resize-window", "-x", std::to_string(size.columns), "-y", std::to_string(size.rows)}));
    const auto path = "/proc/" + std::to_string(pid()) + "/fd/0";
    const base::UniqueFd tty{::open(path.c_str(), O_RDONLY | O_NOCTTY | O_CLOEXEC)};
    wait_until("another size", [&] {
        winsize window{};
        return ::ioctl(tty.get(), TIOCGWINSZ, &window) == 0 && window.ws_col == size.columns;
    });
}

std::string Terminal::screen(bool attributes) const {
    std::vector<std::string> arguments{"capture-pane", "-p"};
    if (attributes) arguments.emplace_back("-e");
    return trimmed(tmux(std::move(arguments)));
}

std::string Terminal::everything() const {
    return trimmed(tmux({"capture-pane", "-p", "-S", "-"}));
}

std::vector<std::string> Terminal::rows() const {
    auto rows = lines_of(screen());
    for (auto& row : rows) row = trimmed(std::move(row));
    return rows;
}

std::pair<int, int> Terminal::cursor() const {
    std::istringstream answer{tmux({"display-message", "-p", "#{cursor_x} #{cursor_y}"})};
    std::pair<int, int> place;
    answer >> place.first >> place.second;
    return place;
}

void Terminal::expect(std::string_view text) const {
    wait_until(text, [&] { return screen().find(text) != std::string::npos; });
}

void Terminal::expect_gone(std::string_view text) const {
    wait_until("no more " + std::string{text},
               [&] { return screen().find(text) == std::string::npos; });
}

void Terminal::expect_end(const std::vector<std::string>& last) const {
    std::string wanted;
    for (const auto& row : last) wanted += row + "\n";
    wait_until("at the end:\n" + wanted, [&] {
        auto seen = rows();
        for (auto& row : seen) row = without_times(row);
        return seen.size() >= last.size() &&
               std::equal(last.begin(), last.end(), seen.end() - std::ssize(last));
    });
}

pid_t Terminal::pid() const {
    wait_until("a process", [this] { return std::filesystem::exists(file("pid")); });
    return std::stoi(read_file(file("pid")));
}

int Terminal::wait() const {
    wait_until("the end", [this] { return std::filesystem::exists(file("status")); });
    return std::stoi(read_file(file("status")));
}

bool Terminal::has_its_modes_back() const {
    return read_file(file("modes-before")) == read_file(file("modes-after"));
}

std::string Terminal::written() const {
    return read_file(file("written"));
}

std::string without_times(std::string_view text) {
    static const std::regex time{"[0-2][0-9]:[0-5][0-9]"};
    return std::regex_replace(std::string{text}, time, "hh:mm");
}

}  // namespace belfry::test
