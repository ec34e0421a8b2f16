#include "server/gate_process.hpp"

#include "daemon/descriptors.hpp"
#include "server/execution.hpp"
#include "server/oom_score.hpp"
#include "server/start_error.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>
#include <vector>

namespace belfry::server {
namespace {

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

std::filesystem::path gate_program() {
    return program_beside("belfry-gate");
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
    const int status = wait_for_child(pid);
    return WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS;
}

}  // namespace belfry::server
