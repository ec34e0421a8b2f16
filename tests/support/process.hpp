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

/// Where a process reads its standard input from.
struct Input {
    enum class Kind { null, pipe, file };
    Kind kind = Kind::null;
    std::filesystem::path path;  ///< of the file

    static Input pipe() { return {Kind::pipe, {}}; }
    static Input file(std::filesystem::path path) { return {Kind::file, std::move(path)}; }
};

/// Variables and their values.
using Environment = std::vector<std::pair<std::string, std::string>>;

/// A program and all that its start needs.
struct Invocation {
    std::filesystem::path program;
    std::vector<std::string> arguments;
    Input input = {};
    Environment environment = {};  ///< on top of our own
    int death_signal = SIGKILL;    ///< what it gets when the test program dies
    bool own_session = false;      ///< leads a process session, which its children inherit
    std::optional<uid_t> user = std::nullopt;
    std::filesystem::path folder = {};  ///< its working directory, if not ours
};

/// A child process, killed and reaped at the latest by the destructor. What it writes is kept in
/// memory and can be read at any time. Start it from a thread that outlives it: the kernel sends
/// the death signal when that thread ends.
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

    /// Whether it has not ended yet.
    [[nodiscard]] bool is_running();

    /// Its exit status, or 128 and the signal's number. Throws Failure where it has not ended in
    /// time.
    int wait(Milliseconds within = default_wait);

  private:
    void end() noexcept;

    pid_t pid_ = -1;
    std::optional<int> status_;
    base::UniqueFd input_;
    base::UniqueFd out_;
    base::UniqueFd err_;
};

/// How a finished process ended.
struct Result {
    int status;
    std::string out;
    std::string err;
};

/// Runs a command to its end.
Result run(const Invocation& command, Milliseconds within = default_wait);

/// One of our programs: in $BELFRY_BIN, else in bin/ next to the test program's folder.
[[nodiscard]] std::filesystem::path program(std::string_view name);

/// A file that was built into the test program's own folder.
[[nodiscard]] std::filesystem::path beside_test_program(std::string_view name);

/// A file of the source tree, found from the test program or from the working directory upwards.
[[nodiscard]] std::filesystem::path source_file(std::string_view path);

/// The lines of a text, without their endings.
[[nodiscard]] std::vector<std::string> lines_of(std::string_view text);

}  // namespace belfry::test
