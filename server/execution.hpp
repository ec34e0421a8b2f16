#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

/// Runs the other programs of the server, which stand beside belfryd's own program file.
namespace belfry::server {

/// Returns the path of a program that stands beside belfryd.
/// @throws StartError
[[nodiscard]] std::filesystem::path program_beside(const char* name);

/// A program and its arguments, in the form that execv(2) needs. It is made before the fork.
class Execution {
  public:
    Execution(std::string program, std::vector<std::string> arguments);
    Execution(const Execution&) = delete;
    Execution& operator=(const Execution&) = delete;
    ~Execution() = default;

    /// Replaces this process by the program. If that fails, it writes a line and exits with the
    /// status 2.
    /// @param fd where the line goes
    /// @param prefix what is in front of its text
    [[noreturn]] void run(int fd, const char* prefix) const noexcept;

  private:
    std::string program_;
    std::vector<std::string> arguments_;
    std::vector<char*> pointers_;
};

/// Gives the signals the state that a program expects: none is blocked, ignored or handled. SIGINT
/// alone is ignored, because a terminal sends it to the whole group, and the supervisor ends the
/// program. A child calls it before Execution::run().
void reset_signals() noexcept;

/// Waits for the end of a child. @return the status of waitpid(2)
[[nodiscard]] int wait_for_child(pid_t pid) noexcept;

}  // namespace belfry::server
