#pragma once

#include "base/clock.hpp"
#include "terminal/colour.hpp"
#include "terminal/servers.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace belfry::terminal {

/// What the user asked for.
struct Options {
    enum class Action { run, help, version };

    Action action = Action::run;
    std::string client_id;
    Destination destination;
    std::string secret_file;              ///< empty: none
    bool secret_file_is_default = false;  ///< named by the environment or the default file
    bool json = false;
    bool follow = false;
    bool peek = false;
    ColourMode colour = ColourMode::automatic;
    std::optional<std::uint64_t> count;     ///< messages to print; above 0
    std::optional<base::Duration> timeout;  ///< above 0
};

/// Reads the options. The sources are, in this order, the arguments, the file that their `--config`
/// names, and the environment. If the arguments name no file, the file that the environment names
/// comes last, or else the user's own. The first source that sets an option wins.
/// @param arguments without the program's name
/// @throws cli::UsageError that says what is wrong and where it was found
[[nodiscard]] Options read_options(const std::vector<std::string>& arguments);

/// Returns the text of `--help`.
[[nodiscard]] std::string help();

/// The exit statuses of the program. After a signal the status is 128 + its number.
namespace exit_code {

inline constexpr int done = 0;       ///< all lines were sent and accepted
inline constexpr int io_failed = 1;  ///< an error on standard input or output
inline constexpr int usage = 2;
inline constexpr int login_refused = 3;
inline constexpr int no_connection = 4;
inline constexpr int timed_out = 5;
inline constexpr int not_accepted = 6;  ///< a line was not accepted
inline constexpr int taken_over = 7;    ///< taken over by a later login of the same client-id

}  // namespace exit_code

}  // namespace belfry::terminal
