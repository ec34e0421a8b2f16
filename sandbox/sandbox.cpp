#include "sandbox/sandbox.hpp"

#include <sys/prctl.h>

#include <cerrno>
#include <system_error>

namespace belfry::sandbox {
namespace {

void require(bool done, const char* what) {
    if (!done) throw std::system_error{errno, std::generic_category(), what};
}

}  // namespace

// The filter comes last, because it allows neither of the other calls.
void Sandbox::enter() const {
    require(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "cannot give up privileges");
    require(ruleset_.restrict_self(), "cannot enter the Landlock ruleset");
    require(filter_.install(), "cannot install the seccomp filter");
}

}  // namespace belfry::sandbox
