#pragma once

#include "tests/support/deadline.hpp"
#include "tests/support/failure.hpp"
#include "tests/support/proc.hpp"
#include "tests/support/shared.hpp"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <exception>
#include <optional>
#include <utility>

namespace belfry::test {

/// Runs a function in a forked child, which exits with the function's return value. The destructor
/// kills the child, if it still runs, and reaps it.
class ForkedChild {
  public:
    static constexpr int threw = 99;  ///< the exit status if the function throws

    template <class Function>
    explicit ForkedChild(Function function) : pid_{::fork()} {
        if (pid_ == -1) throw system_failure("fork");
        if (pid_ == 0) run(std::move(function));
    }
    ForkedChild(ForkedChild&& other) noexcept
        : pid_{std::exchange(other.pid_, -1)}, status_{other.status_} {}
    ForkedChild& operator=(ForkedChild&&) = delete;
    ~ForkedChild() {
        if (pid_ == -1 || status_) return;
        signal(SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }

    [[nodiscard]] pid_t pid() const { return pid_; }
    void signal(int number) const { ::kill(pid_, number); }

    /// Waits for the end of the child, and returns its exit status, or 128 plus the number of the
    /// signal. Throws Failure if it has not ended in time.
    int wait(Milliseconds within = default_wait) {
        if (!eventually([this] { return has_ended(); }, within)) throw Failure{"a child hangs"};
        return *status_;
    }

    /// Kills and reaps the child.
    void kill() {
        signal(SIGKILL);
        wait();
    }

    /// True if the child waits in the kernel now.
    [[nodiscard]] bool is_asleep() const {
        const auto process = process_info(pid_);
        return process && process->state == 'S';
    }

    /// True if the child has ended. Then it is reaped.
    bool has_ended() {
        int status = 0;
        if (status_ || ::waitpid(pid_, &status, WNOHANG) != pid_) return status_.has_value();
        status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        return true;
    }

  private:
    template <class Function>
    [[noreturn]] static void run(Function function) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        try {
            ::_exit(function());
        } catch (const std::exception&) {
            ::_exit(threw);
        }
    }

    pid_t pid_;
    std::optional<int> status_;
};

/// Ends a forked child by another program, which succeeds. Unlike an exit, this is not judged by
/// leak checkers. The child has lost what only the parent's other threads knew, so that it must not
/// be judged.
inline int become_another_program() {
    ::execl("/bin/true", "true", nullptr);
    return ForkedChild::threw;
}

}  // namespace belfry::test
