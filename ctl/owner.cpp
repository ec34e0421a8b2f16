#include "ctl/owner.hpp"

#include "cli/standard_streams.hpp"
#include "ctl/refusal.hpp"
#include "ctl/trusted_path.hpp"
#include "shm/data_directory.hpp"

#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <string>

namespace belfry::ctl {
namespace {

namespace fs = std::filesystem;

/// The directory's own group may be root's, so it is used only if the user is not in the user
/// database.
gid_t group_of(const TrustedPath& place) {
    const passwd* known = ::getpwuid(place.user);
    return known != nullptr ? known->pw_gid : place.group;
}

void become_owner(const TrustedPath& place) {
    const gid_t group = group_of(place);
    if (::setgroups(0, nullptr) == 0 && ::setresgid(group, group, group) == 0 &&
        ::setresuid(place.user, place.user, place.user) == 0) {
        return;
    }
    throw Refusal{"cannot switch to user " + std::to_string(place.user) + ", the owner of " +
                  place.path.string() + ": " + std::strerror(errno)};
}

/// Makes this process die with its parent, because nobody would use its copy then. Must be called
/// after the change of the user, which cancels the setting.
void die_with_parent(pid_t parent) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) throw Refusal{"the parent process has exited"};
}

/// Runs the work, and prints its error as main() does. @return an exit code
int run_and_report(const std::function<void()>& work) noexcept {
    try {
        work();
        return EXIT_SUCCESS;
    } catch (const std::exception& error) {
        cli::warn("belfryctl", error.what());
        return EXIT_FAILURE;
    }
}

int wait_for(pid_t child) {
    int status = 0;
    while (::waitpid(child, &status, WUNTRACED) == -1) {
        if (errno != EINTR) throw Refusal{std::string{"waitpid: "} + std::strerror(errno)};
    }
    return status;
}

/// Waits for the child and returns its exit code. A child that is stopped is killed, because its
/// user could otherwise block this process by stopping it.
/// @throws Refusal if the child was stopped or killed
int exit_code_of(pid_t child, const fs::path& data_dir) {
    const int status = wait_for(child);
    if (WIFEXITED(status)) return WEXITSTATUS(status);
    if (WIFSTOPPED(status)) {
        ::kill(child, SIGKILL);
        while (WIFSTOPPED(wait_for(child))) {
        }
    }
    throw Refusal{"the process that reads " + data_dir.string() + " was " +
                  (WIFSTOPPED(status) ? "stopped" : "killed") + " by signal " +
                  std::to_string(WIFSTOPPED(status) ? WSTOPSIG(status) : WTERMSIG(status))};
}

}  // namespace

void become_owner_of(fs::path& data_dir, MissingDirectory missing) {
    if (::geteuid() == 0) {
        const TrustedPath place = trusted_path(data_dir);
        data_dir = place.path;
        if (place.user != 0) {
            become_owner(place);
        } else if (!place.exists && missing == MissingDirectory::is_refused) {
            throw Refusal{"the data directory " + data_dir.string() + " does not exist"};
        }
    }
    shm::require_safe(data_dir);
}

Owner owner_of(const fs::path& data_dir) {
    const TrustedPath place = trusted_path(data_dir);
    return {place.user, group_of(place)};
}

void require_still_trusted(const fs::path& data_dir) {
    if (::geteuid() == 0 && trusted_path(data_dir).path != data_dir) {
        throw Refusal{"another user has replaced " + data_dir.string() + " with a link"};
    }
    shm::require_safe(data_dir);
}

bool run_as_owner_of(const fs::path& data_dir,
                     const std::function<void(const fs::path& data_dir)>& work) {
    fs::path path = data_dir;
    if (::geteuid() != 0) {
        become_owner_of(path, MissingDirectory::is_refused);
        work(path);
        return true;
    }
    const pid_t parent = ::getpid();
    const pid_t child = ::fork();
    if (child == -1) throw Refusal{std::string{"fork: "} + std::strerror(errno)};
    if (child == 0) {
        ::_exit(run_and_report([&] {
            become_owner_of(path, MissingDirectory::is_refused);
            die_with_parent(parent);
            static_cast<void>(::signal(SIGTSTP, SIG_IGN));  // Ctrl-Z stops only the parent
            work(path);
        }));
    }
    return exit_code_of(child, data_dir) == EXIT_SUCCESS;
}

}  // namespace belfry::ctl
