#include "inspect/owner.hpp"

#include "cli/complain.hpp"
#include "inspect/refusal.hpp"
#include "shm/data_directory.hpp"

#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <optional>
#include <string>

namespace belfry::inspect {
namespace {

namespace fs = std::filesystem;

struct Owner {
    uid_t user;
    gid_t group;
};

/// Of a missing directory: that of the nearest folder above it. None: the path is out of reach.
std::optional<Owner> owner_of(fs::path path) {
    struct stat facts {};
    while (::stat(path.c_str(), &facts) == -1) {
        if (errno != ENOENT) return {};
        const fs::path above = path.has_parent_path() ? path.parent_path() : fs::path{"."};
        if (above == path) return {};
        path = above;
    }
    // The directory's group may be root's. It is used only for a user whom the system does not
    // know.
    const passwd* known = ::getpwuid(facts.st_uid);
    return Owner{facts.st_uid, known != nullptr ? known->pw_gid : facts.st_gid};
}

void become(const Owner& owner, const fs::path& data_dir) {
    if (::setgroups(0, nullptr) == 0 && ::setresgid(owner.group, owner.group, owner.group) == 0 &&
        ::setresuid(owner.user, owner.user, owner.user) == 0) {
        return;
    }
    throw Refusal{"cannot become user " + std::to_string(owner.user) + ", who owns " +
                  data_dir.string() + ": " + std::strerror(errno)};
}

/// For good: a copy that nobody finishes is of no use. Becoming another user forgets it.
void end_with(pid_t parent) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) throw Refusal{"the process that started this one has ended"};
}

/// As main() does it.
int exit_code_of(const std::function<void()>& work) noexcept {
    try {
        work();
        return EXIT_SUCCESS;
    } catch (const std::exception& error) {
        cli::complain("belfryctl", error.what());
        return EXIT_FAILURE;
    }
}

int wait_for(pid_t child) {
    int status = 0;
    while (::waitpid(child, &status, 0) == -1) {
        if (errno != EINTR) throw Refusal{std::string{"waitpid: "} + std::strerror(errno)};
    }
    return status;
}

}  // namespace

void become_owner_of(fs::path& data_dir) {
    const auto owner = ::geteuid() == 0 ? owner_of(data_dir) : std::nullopt;
    if (owner && owner->user != 0) {
        std::error_code error;
        const fs::path direct = fs::weakly_canonical(data_dir, error);
        if (!error) data_dir = direct;
        become(*owner, data_dir);
    }
    shm::require_safe(data_dir);
}

bool run_as_owner_of(const fs::path& data_dir,
                     const std::function<void(const fs::path& data_dir)>& work) {
    fs::path path = data_dir;
    if (::geteuid() != 0) {
        become_owner_of(path);
        work(path);
        return true;
    }
    const pid_t parent = ::getpid();
    const pid_t child = ::fork();
    if (child == -1) throw Refusal{std::string{"fork: "} + std::strerror(errno)};
    if (child == 0) {
        ::_exit(exit_code_of([&] {
            become_owner_of(path);
            end_with(parent);
            work(path);
        }));
    }
    const int status = wait_for(child);
    if (WIFSIGNALED(status)) {
        throw Refusal{"the process that reads " + data_dir.string() + " was killed by signal " +
                      std::to_string(WTERMSIG(status))};
    }
    return WEXITSTATUS(status) == EXIT_SUCCESS;
}

}  // namespace belfry::inspect
