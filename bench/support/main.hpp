#pragma once

#include "bench/support/interrupt.hpp"
#include "cli/command_line.hpp"

#include <cstdlib>
#include <exception>
#include <iostream>
#include <string_view>

namespace belfry::bench {

inline int warn(std::string_view program, const std::exception& error, int exit_code) {
    std::cerr << program << ": " << error.what() << '\n';
    return exit_code;
}

/// Runs a benchmark program, and turns its exceptions into messages.
/// @return the exit status
template <typename Run>
int run_main(std::string_view program, Run run) {
    constexpr int exit_interrupted = 130;
    try {
        return run();
    } catch (const cli::UsageError& error) {
        return warn(program, error, cli::exit_usage);
    } catch (const Interrupted& error) {
        return warn(program, error, exit_interrupted);
    } catch (const std::exception& error) {
        return warn(program, error, EXIT_FAILURE);
    }
}

}  // namespace belfry::bench
