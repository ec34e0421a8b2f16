#include "server/replica_process.hpp"

#include "cli/command_line.hpp"
#include "daemon/descriptors.hpp"
#include "server/execution.hpp"
#include "server/start_error.hpp"
#include "wire/limits.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace belfry::server {
namespace {

constexpr std::size_t max_answer = 1024;

/// Removes the word from the front of the text, if it is there.
bool take_word(std::string_view& text, std::string_view word) noexcept {
    if (!text.starts_with(word)) return false;
    text.remove_prefix(word.size());
    return true;
}

struct Pipe {
    base::UniqueFd read;
    base::UniqueFd write;
};

Pipe open_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) == -1) {
        throw StartError{std::string{"cannot make a pipe: "} + std::strerror(errno)};
    }
    return {base::UniqueFd{ends[0]}, base::UniqueFd{ends[1]}};
}

/// Runs in the child: the answer goes to its standard output.
[[noreturn]] void run_join(const Execution& join, int answer) noexcept {
    std::array kept{answer};
    close_all_except(kept);
    detach_standard_streams();
    ::dup2(answer, STDOUT_FILENO);
    ::close(answer);
    reset_signals();
    // A belfryd that is killed while it waits leaves nothing behind.
    static_cast<void>(::signal(SIGINT, SIG_DFL));
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    join.run(STDERR_FILENO, "belfryd:");
}

/// Reads until the other end is closed. What is beyond the longest answer is dropped.
std::string read_all(const base::UniqueFd& pipe) {
    std::string text;
    std::array<char, max_answer> bytes;
    while (true) {
        const ssize_t count = ::read(pipe.get(), bytes.data(), bytes.size());
        if (count == -1 && errno == EINTR) continue;
        if (count <= 0) return text;
        if (text.size() < max_answer) text.append(bytes.data(), static_cast<std::size_t>(count));
    }
}

}  // namespace

std::filesystem::path replica_program() {
    auto program = program_beside("belfry-replica");
    if (::access(program.c_str(), X_OK) == 0) return program;
    throw cli::UsageError{"--cluster needs the program " + program.string() +
                              " (package belfry-cluster): " + std::strerror(errno),
                          "cluster"};
}

std::optional<ClusterSettings> parse_cluster_settings(std::string_view line) {
    if (line.ends_with('\n')) line.remove_suffix(1);
    if (!take_word(line, "epoch=")) return {};
    ClusterSettings settings{};
    settings.epoch = line.substr(0, line.find(' '));
    line.remove_prefix(settings.epoch.size());
    if (!wire::is_epoch(settings.epoch) || !take_word(line, " max-payload=")) return {};
    const char* const end = line.data() + line.size();
    const auto [rest, error] = std::from_chars(line.data(), end, settings.max_payload);
    const bool is_valid = error == std::errc{} && rest == end && settings.max_payload != 0 &&
                          settings.max_payload <= max_cluster_payload;
    return is_valid ? std::optional{settings} : std::nullopt;
}

ClusterSettings join_cluster(const ClusterOptions& cluster, const std::filesystem::path& data_dir,
                             std::uint32_t max_payload) {
    std::vector<std::string> arguments{"join", "--data-dir", data_dir.string(), "--max-payload",
                                       std::to_string(max_payload)};
    for (std::string& argument : cluster_arguments(cluster)) {
        arguments.push_back(std::move(argument));
    }
    const Execution join{replica_program(), std::move(arguments)};
    Pipe answer = open_pipe();
    const pid_t pid = ::fork();
    if (pid == -1) throw StartError{std::string{"cannot fork: "} + std::strerror(errno)};
    if (pid == 0) run_join(join, answer.write.get());
    answer.write.reset();
    const std::string line = read_all(answer.read);
    const int status = wait_for_child(pid);
    if (WIFSIGNALED(status)) {
        throw StartError{"belfry-replica was killed by signal " + std::to_string(WTERMSIG(status))};
    }
    const int exit_status = WEXITSTATUS(status);
    if (exit_status != EXIT_SUCCESS) {
        throw JoinRefused{exit_status == cli::exit_usage ? cli::exit_usage : EXIT_FAILURE};
    }
    if (auto settings = parse_cluster_settings(line)) return *std::move(settings);
    throw StartError{"belfry-replica is of another version: its answer makes no sense"};
}

pid_t spawn_replica(const ReplicaCommand& command, std::uint32_t generation, LogLevel log_level,
                    const base::UniqueFd& alive) {
    std::vector<std::string> arguments{"run",
                                       "--data-dir",
                                       command.data_dir.string(),
                                       "--generation",
                                       std::to_string(generation),
                                       "--log-level",
                                       std::string{word_for(log_level)},
                                       "--log-format",
                                       std::string{word_for(command.log_format)}};
    arguments.insert(arguments.end(), command.engine.begin(), command.engine.end());
    const Execution replica{command.program, std::move(arguments)};
    const pid_t pid = ::fork();
    if (pid != 0) return pid;
    std::array kept{alive.get()};
    close_all_except(kept);
    detach_standard_streams();
    ::fcntl(alive.get(), F_SETFD, 0);  // stays open beyond execv()
    reset_signals();
    replica.run(STDERR_FILENO, "belfryd:");
}

}  // namespace belfry::server
