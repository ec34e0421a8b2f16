#include "tests/support/process.hpp"

#include "tests/support/failure.hpp"
#include "tests/support/proc.hpp"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

namespace belfry::test {
namespace {

base::UniqueFd memory_file(const char* name) {
    base::UniqueFd file{::memfd_create(name, MFD_CLOEXEC)};
    if (!file) throw system_failure("memfd_create");
    // O_APPEND is needed because several processes write to the file. The position of a memfd has
    // no lock, so one line could overwrite another.
    if (::fcntl(file.get(), F_SETFL, O_APPEND) != 0) throw system_failure("fcntl");
    return file;
}

/// The two ends of the standard input of a new process.
struct InputEnds {
    base::UniqueFd ours;
    base::UniqueFd theirs;
};

InputEnds open_input(const Input& input) {
    if (input.kind == Input::Kind::pipe) {
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC) != 0) throw system_failure("pipe");
        InputEnds result{base::UniqueFd{ends[1]}, base::UniqueFd{ends[0]}};
        ::fcntl(result.ours.get(), F_SETFL, O_NONBLOCK);
        return result;
    }
    const std::string path = input.kind == Input::Kind::null ? "/dev/null" : input.path.string();
    InputEnds result{base::UniqueFd{}, base::UniqueFd{::open(path.c_str(), O_RDONLY | O_CLOEXEC)}};
    if (!result.theirs) throw system_failure(path);
    return result;
}

std::vector<std::string> environment_of(const Invocation& command) {
    std::vector<std::string> result;
    const auto is_replaced = [&](std::string_view entry) {
        return std::ranges::any_of(command.environment, [&](const auto& variable) {
            return entry.starts_with(variable.first + "=");
        });
    };
    for (char** entry = environ; *entry != nullptr; ++entry) {
        if (!is_replaced(*entry)) result.emplace_back(*entry);
    }
    for (const auto& [name, value] : command.environment) result.push_back(name + "=" + value);
    return result;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
    std::vector<char*> result;
    for (auto& text : texts) result.push_back(text.data());
    result.push_back(nullptr);
    return result;
}

/// Everything that the child needs between fork and exec. It is prepared before the fork, because
/// the child of a program with threads may not allocate.
struct Launch {
    const Invocation& command;
    const char* program;
    char** arguments;
    char** environment;
    int input;
    int out;
    int err;
    pid_t parent;
};

void restore_signals() {
    ::signal(SIGPIPE, SIG_DFL);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

bool become(uid_t user) {
    return ::setgroups(0, nullptr) == 0 && ::setgid(user) == 0 && ::setuid(user) == 0;
}

[[noreturn]] void run_child(const Launch& launch) {
    constexpr int cannot_start = 127;
    if (launch.command.own_session) ::setsid();
    restore_signals();
    ::dup2(launch.input, STDIN_FILENO);
    ::dup2(launch.out, STDOUT_FILENO);
    ::dup2(launch.err, STDERR_FILENO);
    // The process that started the tests may have left descriptors open.
    ::close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
    for (const int fd : launch.command.inherited) ::fcntl(fd, F_SETFD, 0);
    const int network = launch.command.network;
    if (network >= 0 && ::setns(network, CLONE_NEWNET) != 0) ::_exit(cannot_start);
    // The directory is changed before the user, because the other user may not be able to reach it
    // from the root.
    const auto& folder = launch.command.folder;
    if (!folder.empty() && ::chdir(folder.c_str()) != 0) ::_exit(cannot_start);
    if (launch.command.user && !become(*launch.command.user)) ::_exit(cannot_start);
    // setuid clears the death signal, so it is set afterwards. The parent may have died before
    // that.
    ::prctl(PR_SET_PDEATHSIG, launch.command.death_signal);
    if (::getppid() != launch.parent) ::_exit(cannot_start);
    ::execve(launch.program, launch.arguments, launch.environment);
    ::_exit(cannot_start);
}

std::string contents_of(const base::UniqueFd& file) {
    std::string text;
    char buffer[65536];
    for (;;) {
        const ssize_t count =
            ::pread(file.get(), buffer, sizeof buffer, static_cast<off_t>(text.size()));
        if (count <= 0) return text;
        text.append(buffer, static_cast<std::size_t>(count));
    }
}

std::filesystem::path own_folder() {
    return std::filesystem::read_symlink("/proc/self/exe").parent_path();
}

}  // namespace

Process::Process(const Invocation& command) {
    // A program that ends before it has read its input must not kill the test by SIGPIPE.
    ::signal(SIGPIPE, SIG_IGN);
    if (!std::filesystem::exists(command.folder / command.program)) {
        throw Failure("there is no " + command.program.string());
    }
    auto [ours, theirs] = open_input(command.input);
    input_ = std::move(ours);
    out_ = memory_file("stdout");
    err_ = memory_file("stderr");

    std::vector<std::string> arguments = command.arguments;
    arguments.insert(arguments.begin(), command.program.string());
    std::vector<std::string> environment = environment_of(command);
    auto argument_pointers = pointers_to(arguments);
    auto environment_pointers = pointers_to(environment);
    const Launch launch{command,
                        command.program.c_str(),
                        argument_pointers.data(),
                        environment_pointers.data(),
                        theirs.get(),
                        out_.get(),
                        err_.get(),
                        ::getpid()};
    pid_ = ::fork();
    if (pid_ < 0) throw system_failure("fork");
    if (pid_ == 0) run_child(launch);
}

Process::Process(Process&& other) noexcept
    : pid_{std::exchange(other.pid_, -1)},
      status_{other.status_},
      input_{std::move(other.input_)},
      out_{std::move(other.out_)},
      err_{std::move(other.err_)} {}

Process& Process::operator=(Process&& other) noexcept {
    std::swap(pid_, other.pid_);
    std::swap(status_, other.status_);
    std::swap(input_, other.input_);
    std::swap(out_, other.out_);
    std::swap(err_, other.err_);
    return *this;
}

Process::~Process() {
    end();
}

void Process::end() noexcept {
    if (pid_ < 0 || status_) return;
    ::kill(pid_, SIGKILL);
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
}

std::string Process::out() const {
    return contents_of(out_);
}
std::string Process::err() const {
    return contents_of(err_);
}

void Process::write(std::string_view bytes) {
    const Deadline deadline{default_wait};
    while (!bytes.empty()) {
        pollfd ready{input_.get(), POLLOUT, 0};
        if (::poll(&ready, 1, deadline.remaining_ms()) == 0) throw Failure("input is not read");
        const ssize_t count = ::write(input_.get(), bytes.data(), bytes.size());
        if (count < 0 && errno != EAGAIN) throw system_failure("writing to a process");
        bytes.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(0, count)));
    }
}

void Process::signal(int number) const {
    // After the process has been reaped, another process may have its pid.
    if (pid_ > 0 && !status_) ::kill(pid_, number);
}

bool Process::is_running() {
    if (status_) return false;
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) != pid_) return true;
    status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return false;
}

int Process::wait(Milliseconds within) {
    if (!eventually([this] { return !is_running(); }, within)) {
        throw Failure("process " + std::to_string(pid_) + " has not ended; it wrote: " + out() +
                      err());
    }
    return *status_;
}

Result run(const Invocation& command, Milliseconds within) {
    Process process{command};
    const int status = process.wait(within);
    return {status, process.out(), process.err()};
}

void stop_process(pid_t pid) {
    if (::kill(pid, SIGSTOP) != 0 || !eventually([pid] { return is_at_rest(pid); }))
        throw Failure("process " + std::to_string(pid) + " does not stop");
}

std::filesystem::path program(std::string_view name) {
    if (const char* folder = std::getenv("BELFRY_BIN")) {
        return std::filesystem::absolute(folder) / name;
    }
    return own_folder().parent_path() / "bin" / name;
}

std::filesystem::path beside_test_program(std::string_view name) {
    return own_folder() / name;
}

std::filesystem::path source_file(std::string_view path) {
    for (const auto& start : {own_folder(), std::filesystem::current_path()}) {
        for (auto folder = start; folder.has_relative_path(); folder = folder.parent_path()) {
            if (std::filesystem::exists(folder / path)) return folder / path;
        }
    }
    throw Failure("there is no " + std::string{path});
}

std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        lines.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

}  // namespace belfry::test
