#include "belfry/client.hpp"
#include "cli/command_line.hpp"
#include "cli/standard_streams.hpp"
#include "terminal/event_loop.hpp"
#include "terminal/options.hpp"
#include "terminal/secret_source.hpp"
#include "terminal/standard_error.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <exception>
#include <iostream>

namespace {

using namespace belfry;

// Opens /dev/null in place of each standard stream that is closed, so that no socket takes its
// number. Returns false if standard output was closed, so that nothing can be printed.
bool open_standard_streams() {
    const bool can_print = ::fcntl(STDOUT_FILENO, F_GETFD) != -1;
    int opened = ::open("/dev/null", O_RDWR);
    while (opened >= 0 && opened <= STDERR_FILENO) opened = ::open("/dev/null", O_RDWR);
    if (opened >= 0) ::close(opened);
    return can_print;
}

int show(std::string_view text) {
    std::cout << text;
    cli::finish_standard_output();
    return terminal::exit_code::done;
}

int run(const terminal::Options& options) {
    switch (options.action) {
        case terminal::Options::Action::help:
            return show(terminal::help());
        case terminal::Options::Action::version:
            return show("belfry " + std::string{version()} + "\n");
        case terminal::Options::Action::run:
            break;
    }
    terminal::EventLoop loop{options, terminal::given_secret(options)};
    return loop.run();
}

}  // namespace

int main(int argc, char** argv) {
    const bool can_print = open_standard_streams();
    try {
        const auto options = terminal::read_options({argv + std::min(argc, 1), argv + argc});
        if (!can_print) throw std::runtime_error{"standard output is closed"};
        return run(options);
    } catch (const cli::UsageError& error) {
        terminal::warn(error.what());
        return terminal::exit_code::usage;
    } catch (const std::exception& error) {
        terminal::warn(error.what());
        return terminal::exit_code::io_failed;
    }
}
