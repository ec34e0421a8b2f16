#pragma once

#include <seccomp.h>

#include <vector>

namespace belfry::sandbox {

/// Kinds of processes that talk to strangers.
enum class ProcessKind {
    session,  ///< a session child of belfryd
    gate,     ///< belfry-gate, after it has opened its files and listeners; it forks the relays
    relay,    ///< a relay of belfry-gate, from its first instruction
};

/// A system call that is allowed if all of these arguments compare as they say.
struct AllowedCall {
    int number;
    std::vector<scmp_arg_cmp> arguments = {};
};

/// Returns the system calls that a kind of process needs.
[[nodiscard]] std::vector<AllowedCall> allowed_calls(ProcessKind kind);

}  // namespace belfry::sandbox
