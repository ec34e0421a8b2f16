#include "server/gate_process.hpp"

#include "daemon/descriptors.hpp"
#include "server/oom_score.hpp"
#include "server/start_error.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
#include <system_error>
#include <vector>

namespace belfry::server {
namespace {

constexpr int exit_error = 2;

/// A program and its arguments, in the form that execv(2) needs. It is made before the fork.
class Execution {
  public:
    Execution(std::string program, std::vector<std::string> arguments)
        : program_{std::move(program)}, arguments_{std::move(arguments)} {
        pointers_.push_back(program_.data());
        for (std::string& argument : arguments_) pointers_.push_back(argument.data());
        pointers_.push_back(nullptr);
    }
    Execution(const Execution&) = delete;
    Execution& operator=(const Execution&) = delete;
    ~Execution() = default;

    /// Replaces this process by the program. If that fails, it writes a line and exits.
    /// @param fd where the line goes
    /// @param prefix what is in front of its text
    [[noreturn]] void run(int fd, const char* prefix) const noexcept {
        ::execv(pointers_[0], pointers_.data());
        ::dprintf(fd, "%s cannot run %s: %s\n", prefix, pointers_[0], std::strerror(errno));
        ::_exit(exit_error);
    }

  private:
    std::string program_;
    std::vector<std::string> arguments_;
    std::vector<char*> pointers_;
};

/// Gives the signals the state that a program expects: none is blocked, ignored or handled. SIGINT
/// alone is ignored, because a terminal sends it to the whole group, and the supervisor ends the
/// gate.
void reset_signals() noexcept {
    for (int signal = 1; signal < NSIG; ++signal) {
        static_cast<void>(::signal(signal, signal == SIGINT ? SIG_IGN : SIG_DFL));
    }
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

std::vector<std::string> arguments_for(const GateHeritage& heritage) {
    std::vector<std::string> arguments{
        "--gate-socket",   heritage.socket.string(),
        "--supervisor-fd", std::to_string(heritage.supervisor),
        "--max-waiting",   std::to_string(heritage.options.max_waiting),
        "--log-level",     std::string{word_for(heritage.log_level)},
        "--log-format",    std::string{word_for(heritage.log_format)}};
    const auto append = [&arguments](const std::vector<std::string>& more) {
        arguments.insert(arguments.end(), more.begin(), more.end());
    };
    const GateSockets& sockets = heritage.listening;
    if (sockets.tls != -1) append({"--tls-fd", std::to_string(sockets.tls)});
    if (sockets.web != -1) append({"--web-fd", std::to_string(sockets.web)});
    append(certificate_arguments(heritage.options));
    append(web_arguments(heritage.options));
    return arguments;
}

}  // namespace

// If a newer belfryd has replaced this program's file, only the last part of the link's text has
// changed.
std::filesystem::path gate_program() {
    std::error_code error;
    const auto own = std::filesystem::read_symlink("/proc/self/exe", error);
    if (error) throw StartError{"cannot read /proc/self/exe: " + error.message()};
    return own.parent_path() / "belfry-gate";
}

pid_t spawn_gate(const GateHeritage& heritage) {
    const Execution gate{heritage.program, arguments_for(heritage)};
    const pid_t pid = ::fork();
    if (pid != 0) return pid;
    std::array kept{heritage.listening.tls, heritage.listening.web, heritage.supervisor};
    close_all_except(kept);
    detach_standard_streams();
    for (const int fd : kept)
        ::fcntl(fd, F_SETFD, 0);  // stays open beyond execv(), if there is one
    restore_oom_score();
    reset_signals();
    gate.run(heritage.supervisor, "error");
}

bool check_gate(const GateOptions& options) {
    auto arguments = certificate_arguments(options);
    arguments.emplace_back("--check");
    const Execution gate{gate_program(), std::move(arguments)};
    const pid_t pid = ::fork();
    if (pid == -1) throw StartError{std::string{"cannot fork: "} + std::strerror(errno)};
    if (pid == 0) {
        detach_standard_streams();
        reset_signals();
        gate.run(STDERR_FILENO, "belfryd:");
    }
    int status = 0;
    while (::waitpid(pid, &status, 0) == -1 && errno == EINTR) {
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS;
}

}  // namespace belfry::server
