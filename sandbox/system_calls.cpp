#include "sandbox/system_calls.hpp"

#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <cstdint>
#include <initializer_list>

namespace belfry::sandbox {
namespace {

// Calls that are made for each message (futex, poll, recvfrom, sendto, write) have no conditions.
// The kernel then remembers that they are allowed, and does not run the filter for them.

using Calls = std::vector<AllowedCall>;

constexpr std::uint64_t new_namespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS |
                                         CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;

scmp_arg_cmp is_equal(unsigned index, std::uint64_t value) {
    return {index, SCMP_CMP_EQ, value, 0};
}

/// Of the bits in `mask` exactly those in `value` must be set.
scmp_arg_cmp has_bits(unsigned index, std::uint64_t mask, std::uint64_t value) {
    return {index, SCMP_CMP_MASKED_EQ, mask, value};
}

void allow(Calls& calls, std::initializer_list<int> numbers) {
    for (const int number : numbers) calls.push_back({number});
}

/// Allows a call with each of these values of one argument.
void allow(Calls& calls, int number, unsigned index, std::initializer_list<std::uint64_t> values) {
    for (const std::uint64_t value : values) calls.push_back({number, {is_equal(index, value)}});
}

/// Memory without new code, descriptors that are open already, waiting, clocks, and the end of a
/// process, also by abort(3). All kinds need this.
void allow_basics(Calls& calls) {
    allow(calls,
          {SCMP_SYS(read),        SCMP_SYS(write),      SCMP_SYS(readv),      SCMP_SYS(writev),
           SCMP_SYS(recvfrom),    SCMP_SYS(recvmsg),    SCMP_SYS(sendto),     SCMP_SYS(sendmsg),
           SCMP_SYS(poll),        SCMP_SYS(ppoll),      SCMP_SYS(close),      SCMP_SYS(close_range),
           SCMP_SYS(shutdown),    SCMP_SYS(getsockopt), SCMP_SYS(setsockopt), SCMP_SYS(getsockname),
           SCMP_SYS(getpeername), SCMP_SYS(dup2),       SCMP_SYS(lseek),      SCMP_SYS(fstat),
           SCMP_SYS(eventfd2)});
    allow(calls, {SCMP_SYS(futex), SCMP_SYS(sched_yield), SCMP_SYS(clock_gettime),
                  SCMP_SYS(gettimeofday), SCMP_SYS(clock_nanosleep), SCMP_SYS(nanosleep),
                  SCMP_SYS(getrandom), SCMP_SYS(restart_syscall)});
    allow(calls, {SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise)});
    calls.push_back({SCMP_SYS(mmap), {has_bits(2, PROT_EXEC, 0)}});
    calls.push_back({SCMP_SYS(mprotect), {has_bits(2, PROT_EXEC, 0)}});
    allow(calls,
          {SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask),
           SCMP_SYS(rt_sigreturn), SCMP_SYS(sigaltstack), SCMP_SYS(exit), SCMP_SYS(exit_group)});
    allow(calls, SCMP_SYS(tgkill), 2, {SIGABRT});
    // Others could make the kernel send signals.
    allow(calls, SCMP_SYS(fcntl), 1, {F_GETFD, F_SETFD, F_GETFL, F_SETFL});
}

/// Opening files to read them, and looking at them.
void allow_reading_files(Calls& calls) {
    constexpr std::uint64_t writing = O_ACCMODE | O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY);
    calls.push_back({SCMP_SYS(open), {has_bits(1, writing, O_RDONLY)}});
    calls.push_back({SCMP_SYS(openat), {has_bits(2, writing, O_RDONLY)}});
    allow(calls, {SCMP_SYS(pread64), SCMP_SYS(stat), SCMP_SYS(lstat), SCMP_SYS(newfstatat),
                  SCMP_SYS(statx), SCMP_SYS(access), SCMP_SYS(faccessat), SCMP_SYS(readlink),
                  SCMP_SYS(readlinkat), SCMP_SYS(getcwd)});
}

/// A report asks whether standard error is a terminal, and tries addresses by writing from them
/// into a pipe.
void allow_sanitizer_reports(Calls& calls) {
    allow(calls, SCMP_SYS(ioctl), 1, {TCGETS});
    allow(calls, {SCMP_SYS(pipe2), SCMP_SYS(pipe), SCMP_SYS(getrlimit), SCMP_SYS(sched_getaffinity),
                  SCMP_SYS(uname)});
}

/// A session starts threads, reads the store with SQLite, which locks parts of files, and ends the
/// predecessor of its client, or a process that was stopped while it held the lock.
void allow_session(Calls& calls) {
    allow_reading_files(calls);
    calls.push_back({SCMP_SYS(clone), {has_bits(0, CLONE_THREAD | new_namespaces, CLONE_THREAD)}});
    allow(calls, {SCMP_SYS(set_robust_list), SCMP_SYS(rseq)});
    allow(calls, SCMP_SYS(fcntl), 1, {F_GETLK, F_SETLK});
    allow(calls, {SCMP_SYS(signalfd4), SCMP_SYS(geteuid), SCMP_SYS(pidfd_open)});
    allow(calls, SCMP_SYS(pidfd_send_signal), 1, {0, SIGTERM, SIGKILL});
}

/// The calls of an event loop of Boost.Asio.
void allow_event_loop(Calls& calls) {
    allow(calls, {SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_ctl),
                  SCMP_SYS(epoll_create1), SCMP_SYS(timerfd_create), SCMP_SYS(timerfd_settime)});
    allow(calls, SCMP_SYS(ioctl), 1, {FIONBIO, FIONREAD});
}

/// The gate accepts connections, connects to belfryd's Unix socket, reads certificates again, and
/// forks relays, which enter a sandbox of their own.
void allow_gate(Calls& calls) {
    allow_event_loop(calls);
    allow_reading_files(calls);
    allow(calls, {SCMP_SYS(accept), SCMP_SYS(accept4), SCMP_SYS(connect), SCMP_SYS(signalfd4),
                  SCMP_SYS(wait4), SCMP_SYS(waitid), SCMP_SYS(set_robust_list), SCMP_SYS(rseq)});
    allow(calls, SCMP_SYS(socket), 0, {AF_UNIX});
    calls.push_back({SCMP_SYS(clone), {has_bits(0, CLONE_VM | new_namespaces, 0)}});
    allow(calls, SCMP_SYS(prctl), 0, {PR_SET_NO_NEW_PRIVS});
    allow(calls, {SCMP_SYS(landlock_restrict_self), SCMP_SYS(seccomp)});
}

}  // namespace

Calls allowed_calls(ProcessKind kind) {
    Calls calls;
    allow_basics(calls);
    if (has_sanitizer) allow_sanitizer_reports(calls);
    if (kind == ProcessKind::session) allow_session(calls);
    if (kind == ProcessKind::gate) allow_gate(calls);
    if (kind == ProcessKind::relay) allow_event_loop(calls);
    if (kind == ProcessKind::relay && has_sanitizer) allow_reading_files(calls);
    return calls;
}

}  // namespace belfry::sandbox
