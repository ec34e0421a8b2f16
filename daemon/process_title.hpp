#pragma once

#include <string_view>

/// Sets what `ps` shows for a process of belfryd or belfry-gate. The name that pgrep, pkill and
/// killall use stays that of the program.
namespace belfry {
inline namespace daemon {

/// Reserves the memory of arguments and environment for titles. main() calls it before it starts a
/// thread or forks.
/// @param program the beginning of every title
/// @param suffix the end of every title, for example the data directory, so that servers can be
/// told apart; may be empty
void prepare_process_titles(int argc, char** argv, std::string_view program,
                            std::string_view suffix);

/// Sets the title `<program>: <purpose><suffix>`. It does nothing without prepare_process_titles().
/// The process must have one thread.
void set_process_title(std::string_view purpose) noexcept;

}  // namespace daemon
}  // namespace belfry
