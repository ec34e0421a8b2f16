#include "server/execution.hpp"

#include "server/start_error.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <system_error>
#include <utility>

namespace belfry::server {
namespace {

constexpr int exit_error = 2;

}  // namespace

// If a newer belfryd has replaced this program's file, only the last part of the link's text has
// changed.
std::filesystem::path program_beside(const char* name) {
    std::error_code error;
    const auto own = std::filesystem::read_symlink("/proc/self/exe", error);
    if (error) throw StartError{"cannot read /proc/self/exe: " + error.message()};
    return own.parent_path() / name;
}

Execution::Execution(std::string program, std::vector<std::string> arguments)
    : program_{std::move(program)}, arguments_{std::move(arguments)} {
    pointers_.push_back(program_.data());
    for (std::string& argument : arguments_) pointers_.push_back(argument.data());
    pointers_.push_back(nullptr);
}

void Execution::run(int fd, const char* prefix) const noexcept {
    ::execv(pointers_[0], pointers_.data());
    ::dprintf(fd, "%s cannot run %s: %s\n", prefix, pointers_[0], std::strerror(errno));
    ::_exit(exit_error);
}

void reset_signals() noexcept {
    for (int signal = 1; signal < NSIG; ++signal) {
        static_cast<void>(::signal(signal, signal == SIGINT ? SIG_IGN : SIG_DFL));
    }
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

int wait_for_child(pid_t pid) noexcept {
    int status = 0;
    while (::waitpid(pid, &status, 0) == -1 && errno == EINTR) {
    }
    return status;
}

}  // namespace belfry::server
