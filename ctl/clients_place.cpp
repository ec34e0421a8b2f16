#include "ctl/clients_place.hpp"

#include "ctl/clients_reload.hpp"
#include "ctl/refusal.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <string>

namespace belfry::ctl {
namespace {

namespace fs = std::filesystem;

/// Asks the data directory for the file with the rights of its owner. @return nothing if that has
/// failed in a child, which has printed why
std::optional<fs::path> ask_server(const fs::path& data_dir) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) == -1) {
        throw Refusal{std::string{"pipe: "} + std::strerror(errno)};
    }
    const base::UniqueFd from{ends[0]};
    base::UniqueFd to{ends[1]};
    const bool done = run_as_owner_of(data_dir, [&to](const fs::path& directory) {
        // A path fits the pipe, so this does not wait.
        const std::string path = clients_file_in_use(directory).string();
        if (::write(to.get(), path.data(), path.size()) == -1) {
            throw Refusal{std::string{"pipe: "} + std::strerror(errno)};
        }
    });
    if (!done) return {};
    to.reset();
    std::array<char, PATH_MAX> path{};
    const ssize_t size = ::read(from.get(), path.data(), path.size());
    return std::string{path.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
}

bool belongs_to(const struct stat& facts, const Owner& owner) noexcept {
    return facts.st_uid == owner.user || (owner.group != 0 && facts.st_gid == owner.group);
}

}  // namespace

std::optional<ClientsPlace> find_clients_file(const fs::path& named, const fs::path& data_dir) {
    constexpr const char* what = "the clients' file";
    if (!named.empty()) return ClientsPlace{open_place(named, what)};
    const auto path = ask_server(data_dir);
    if (!path) return {};
    ClientsPlace found{open_place(*path, what)};
    if (::geteuid() == 0) found.chosen_by = owner_of(data_dir);
    return found;
}

void require_trusted(const ClientsPlace& clients, const struct stat& facts) {
    if (::geteuid() != 0) return;
    const auto& [path, _, folder] = clients.place;
    const bool is_roots = facts.st_uid == 0 || facts.st_uid == folder.st_uid;
    if (clients.chosen_by) {
        const Owner& owner = *clients.chosen_by;
        if (owner.user == 0 || folder.st_uid == owner.user || belongs_to(facts, owner)) return;
        throw Refusal{path.string() + " belongs neither to user " + std::to_string(owner.user) +
                      " nor to that user's group; name it with --clients"};
    }
    const bool is_shared = (folder.st_mode & (S_IWGRP | S_IWOTH)) != 0;
    if (is_roots || !is_shared) return;
    throw Refusal{path.string() + " is not safe for root: it belongs to user " +
                  std::to_string(facts.st_uid) + ", and others may write to its folder"};
}

}  // namespace belfry::ctl
