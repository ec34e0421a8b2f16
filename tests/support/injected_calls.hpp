#pragma once

#include <sys/types.h>
#include <sys/user.h>

#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace belfry::test {

/// Makes the main thread of another process execute system calls, as somebody could who has taken
/// the process over. It stops that thread by ptrace(2) while the object exists; after that the
/// process continues as if nothing had happened. The thread must be waiting in a system call.
/// Functions throw Failure if the process does anything unexpected.
class InjectedCalls {
  public:
    explicit InjectedCalls(pid_t pid);
    InjectedCalls(const InjectedCalls&) = delete;
    InjectedCalls& operator=(const InjectedCalls&) = delete;
    ~InjectedCalls();

    /// Executes the call there. @return what the kernel returns: a result, or a negative errno
    long call(long number, std::initializer_list<std::uint64_t> arguments = {});

    /// Copies the bytes and a NUL to the stack of the thread. @return the address there, for an
    /// argument of call()
    [[nodiscard]] std::uint64_t copy(std::string_view bytes);

  private:
    void wait_for_stop() const;

    pid_t pid_;
    user_regs_struct registers_{};  ///< those with which the process continues
    std::uint64_t free_stack_ = 0;  ///< what lies below is not in use
};

}  // namespace belfry::test
