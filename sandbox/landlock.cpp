#include "sandbox/landlock.hpp"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>

namespace belfry::sandbox {
namespace {

/// landlock_ruleset_attr of version 6, because the header of Debian 12 ends with version 2. Kernels
/// with an earlier version accept it if the fields that they do not know are 0.
struct RulesetAttributes {
    std::uint64_t handled_access_fs;
    std::uint64_t handled_access_net;
    std::uint64_t scoped;
};

/// The number of rights to files that each version knows; they are the lowest bits.
constexpr std::array<unsigned, 6> file_rights{0, 13, 14, 15, 15, 16};
constexpr unsigned first_with_network = 4;
constexpr std::uint64_t network_rights = 3;  // LANDLOCK_ACCESS_NET_BIND_TCP and _CONNECT_TCP
constexpr unsigned first_with_scopes = 6;
constexpr std::uint64_t scope_abstract_unix_socket = 1;
constexpr std::uint64_t scope_signal = 2;

unsigned kernel_version() noexcept {
    const long version =
        ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
    return version > 0 ? static_cast<unsigned>(version) : 0;
}

/// A session signals other sessions: the predecessor of its client, and a stopped holder of the
/// lock. No other kind of process signals anybody but its own children.
std::uint64_t scopes_of(ProcessKind kind) noexcept {
    return kind == ProcessKind::session ? scope_abstract_unix_socket
                                        : scope_abstract_unix_socket | scope_signal;
}

RulesetAttributes attributes_for(ProcessKind kind, unsigned version) noexcept {
    const auto known = std::min<std::size_t>(version, file_rights.size() - 1);
    return {(std::uint64_t{1} << file_rights[known]) - 1,
            version >= first_with_network ? network_rights : 0,
            version >= first_with_scopes ? scopes_of(kind) : 0};
}

std::system_error failure(const std::string& what) {
    return {errno, std::generic_category(), what};
}

}  // namespace

LandlockRuleset::LandlockRuleset(ProcessKind kind,
                                 const std::vector<std::filesystem::path>& readable)
    : version_{kernel_version()} {
    if (version_ == 0) return;
    const RulesetAttributes attributes = attributes_for(kind, version_);
    ruleset_ = base::UniqueFd{static_cast<int>(
        ::syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0))};
    if (!ruleset_) throw failure("cannot create a Landlock ruleset");
    for (const std::filesystem::path& path : readable) allow_reading(path);
    if (has_sanitizer) allow_reading("/proc/self/exe");
}

/// Only a folder can have the right to read folders.
void LandlockRuleset::allow_reading(const std::filesystem::path& path) const {
    const base::UniqueFd opened{::open(path.c_str(), O_PATH | O_CLOEXEC)};
    struct stat info {};
    if (!opened || ::fstat(opened.get(), &info) != 0) throw failure(path.string());
    const std::uint64_t folder_rights = S_ISDIR(info.st_mode) ? LANDLOCK_ACCESS_FS_READ_DIR : 0;
    const landlock_path_beneath_attr rule{LANDLOCK_ACCESS_FS_READ_FILE | folder_rights,
                                          opened.get()};
    if (::syscall(SYS_landlock_add_rule, ruleset_.get(), LANDLOCK_RULE_PATH_BENEATH, &rule, 0) !=
        0) {
        throw failure("cannot add " + path.string() + " to a Landlock ruleset");
    }
}

bool LandlockRuleset::restrict_self() const noexcept {
    return version_ == 0 || ::syscall(SYS_landlock_restrict_self, ruleset_.get(), 0) == 0;
}

std::vector<std::filesystem::path> folders_of(const std::filesystem::path& file) {
    return {std::filesystem::absolute(file).parent_path(),
            std::filesystem::weakly_canonical(file).parent_path()};
}

}  // namespace belfry::sandbox
