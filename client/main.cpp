#include "cli/command_line.hpp"
#include "cli/standard_output.hpp"
#include "client/client.hpp"
#include "client/complain.hpp"
#include "client/exit_code.hpp"
#include "client/options.hpp"
#include "wire/version.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <exception>
#include <iostream>

namespace {

using namespace belfry;

// Keeps a socket from becoming standard input, output or error where one of them is closed.
// False: standard output was, so that nothing can be printed.
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
    return client::exit_code::done;
}

int run(const client::Options& options) {
    switch (options.action) {
        case client::Options::Action::help:
            return show(client::help());
        case client::Options::Action::version:
            return show("belfry " + std::string{wire::version} + "\n");
        case client::Options::Action::run:
            break;
    }
    client::Client client{options};
    return client.run();
}

}  // namespace

int main(int argc, char** argv) {
    const bool can_print = open_standard_streams();
    try {
        const auto options = client::read_options({argv + std::min(argc, 1), argv + argc});
        if (!can_print) throw std::runtime_error{"standard output is closed"};
        return run(options);
    } catch (const cli::UsageError& error) {
        client::complain(error.what());
        return client::exit_code::usage;
    } catch (const std::exception& error) {
        client::complain(error.what());
        return client::exit_code::io_failed;
    }
}
