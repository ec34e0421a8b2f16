#include "sandbox/seccomp_filter.hpp"

#include "base/unique_fd.hpp"

#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <system_error>

namespace belfry::sandbox {
namespace {

constexpr std::uint32_t refused = SCMP_ACT_ERRNO(EPERM);

struct Release {
    void operator()(void* context) const noexcept { ::seccomp_release(context); }
};
using Context = std::unique_ptr<void, Release>;

bool kernel_has_filters() noexcept {
    const std::uint32_t action = SECCOMP_RET_ERRNO;
    return ::syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

/// libseccomp returns a negative errno.
void require(int result) {
    if (result >= 0) return;
    throw std::system_error{-result, std::generic_category(), "cannot compile a seccomp filter"};
}

Context compile(ProcessKind kind) {
    Context context{::seccomp_init(refused)};
    if (!context) require(-ENOMEM);
    // A call in the form of another architecture is refused like any other. When a filter is
    // installed, the kernel tries it with every number of a call; a binary tree halves that time.
    require(::seccomp_attr_set(context.get(), SCMP_FLTATR_ACT_BADARCH, refused));
    require(::seccomp_attr_set(context.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2));
    require(::seccomp_rule_add(context.get(), SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0));
    for (const AllowedCall& call : allowed_calls(kind)) {
        require(::seccomp_rule_add_array(context.get(), SCMP_ACT_ALLOW, call.number,
                                         static_cast<unsigned>(call.arguments.size()),
                                         call.arguments.data()));
    }
    return context;
}

}  // namespace

SeccompFilter::SeccompFilter(ProcessKind kind) {
    if (!kernel_has_filters()) return;
    const Context context = compile(kind);
    const base::UniqueFd memory{::memfd_create("seccomp", MFD_CLOEXEC)};
    if (!memory) require(-errno);
    require(::seccomp_export_bpf(context.get(), memory.get()));
    const off_t bytes = ::lseek(memory.get(), 0, SEEK_END);
    program_.resize(static_cast<std::size_t>(bytes) / sizeof(sock_filter));
    if (::pread(memory.get(), program_.data(), static_cast<std::size_t>(bytes), 0) != bytes) {
        require(-EIO);
    }
}

bool SeccompFilter::install() const noexcept {
    if (empty()) return true;
    // The kernel only reads the program; the type is that of the classic socket filters.
    const sock_fprog program{static_cast<unsigned short>(program_.size()),
                             const_cast<sock_filter*>(program_.data())};  // NOLINT
    return ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0;
}

}  // namespace belfry::sandbox
