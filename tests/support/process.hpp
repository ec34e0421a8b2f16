#pragma once

#include "base/unique_fd.hpp"
#include "tests/support/deadline.hpp"

#include <signal.h>
#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace belfry::test {

/// The source of the standard input of a process.
struct Input {
    enum class Kind { null, pipe, file };
    Kind kind = Kind::null;
    std::filesystem::path path;  ///< the path of the file

    static Input pipe() { return {Kind::pipe, {}}; }
    static Input file(std::filesystem::path path) { return {Kind::file, std::move(path)}; }
};

/// Variables and their values.
using Environment = std::vector<std::pair<std::string, std::string>>;

/// A program, and everything that is needed to start it.
struct Invocation {
    std::filesystem::path program;
    std::vector<std::string> arguments;
    Input input = {};
    Environment environment = {};  ///< added to the environment of the test program
    int death_signal = SIGKILL;    ///< the signal that it gets when the test program dies
    bool own_session = false;      ///< leads a process session, which its children inherit
    std::optional<uid_t> user = std::nullopt;
    std::filesystem::path folder =
        {};                           ///< its working directory; empty for that of the test program
    std::vector<int> inherited = {};  ///< descriptors that it gets with the same numbers
    int network = -1;                 ///< its network namespace; -1 for that of the test program
};

/// A child process. The destructor kills it, if it still runs, and reaps it. Its output is kept in
/// memory and can be read at any time. It must be started from a thread that outlives it, because
/// the kernel sends the death signal when that thread ends.
class Process {
  public:
    explicit Process(const Invocation& command);
    Process(Process&& other) noexcept;
    Process& operator=(Process&& other) noexcept;
    ~Process();

    [[nodiscard]] pid_t pid() const { return pid_; }
    [[nodiscard]] std::string out() const;
    [[nodiscard]] std::string err() const;

    /// Writes to its standard input, which must be a pipe.
    void write(std::string_view bytes);
    void close_input() { input_.reset(); }

    void signal(int number) const;

    /// True if the process has not ended yet.
    [[nodiscard]] bool is_running();

    /// Waits for the end of the process, and returns its exit status, or 128 plus the number of the
    /// signal. Throws Failure if it has not ended in time.
    int wait(Milliseconds within = default_wait);

  private:
    void end() noexcept;

    pid_t pid_ = -1;
    std::optional<int> status_;
    base::UniqueFd input_;
    base::UniqueFd out_;
    base::UniqueFd err_;
};

/// The exit status and the output of a finished process.
struct Result {
    int status;
    std::string out;
    std::string err;
};

/// Runs a command to its end.
Result run(const Invocation& command, Milliseconds within = default_wait);

/// Stops a process with SIGSTOP. On a busy machine its threads run on for a while, and may yet send
/// or store something, so this waits until they have stopped. Throws Failure if they do not.
void stop_process(pid_t pid);

/// Returns the path of a Belfry program: in $BELFRY_BIN, otherwise in bin/ next to the folder of
/// the test program.
[[nodiscard]] std::filesystem::path program(std::string_view name);

/// Returns the path of a file in the test program's own folder.
[[nodiscard]] std::filesystem::path beside_test_program(std::string_view name);

/// Returns the path of a file of the source tree, which is searched for from the test program and
/// from the working directory upwards.
[[nodiscard]] std::filesystem::path source_file(std::string_view path);

/// Returns the lines of a text, without their line ends.
[[nodiscard]] std::vector<std::string> lines_of(std::string_view text);

}  // namespace belfry::test
