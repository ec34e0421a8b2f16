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

/// Whether this program is built with AddressSanitizer or ThreadSanitizer. Their reports are
/// printed by the process itself, which therefore may also read its own program file and call a
/// little more.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool has_sanitizer = true;
#else
inline constexpr bool has_sanitizer = false;
#endif

/// A system call that is allowed if all of these arguments compare as they say.
struct AllowedCall {
    int number;
    std::vector<scmp_arg_cmp> arguments = {};
};

/// Returns the system calls that a kind of process needs.
[[nodiscard]] std::vector<AllowedCall> allowed_calls(ProcessKind kind);

}  // namespace belfry::sandbox
