#pragma once

#include "sandbox/landlock.hpp"
#include "sandbox/seccomp_filter.hpp"
#include "sandbox/system_calls.hpp"

#include <filesystem>
#include <vector>

/// What a process that talks to strangers can still do after a bug in it was used. A seccomp filter
/// names its system calls; Landlock names the files that it may read.
namespace belfry::sandbox {

/// The sandbox of one kind of process. The parent makes it once; each child of that kind enters it
/// after its fork. It uses what the kernel has, and nothing where the kernel has nothing.
class Sandbox {
  public:
    /// Compiles the filter and opens the ruleset.
    /// @param readable the files and folders that can be read; everything below a folder can be
    /// @throws std::system_error if that fails, although the kernel has what it needs
    Sandbox(ProcessKind kind, const std::vector<std::filesystem::path>& readable)
        : filter_{kind}, ruleset_{kind, readable} {}

    /// Enters the sandbox for good. The calling process must have one thread. Descriptors that are
    /// open stay usable. Allocates nothing, so that it may be called directly after a fork.
    /// @throws std::system_error
    void enter() const;

    /// The descriptor that must still be open when enter() is called, and that can be closed
    /// afterwards; -1 if there is none.
    [[nodiscard]] int descriptor() const noexcept { return ruleset_.descriptor(); }

    /// Tells whether the kernel filters system calls.
    [[nodiscard]] bool has_seccomp() const noexcept { return !filter_.empty(); }

    /// Returns the version of Landlock that is used; 0 if the kernel has none.
    [[nodiscard]] unsigned landlock_version() const noexcept { return ruleset_.version(); }

  private:
    SeccompFilter filter_;
    LandlockRuleset ruleset_;
};

}  // namespace belfry::sandbox
