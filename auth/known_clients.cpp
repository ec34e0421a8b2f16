#include "auth/known_clients.hpp"

#include "auth/digest.hpp"
#include "base/random.hpp"
#include "base/regular_file.hpp"
#include "base/unique_fd.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <functional>

namespace belfry::auth {
namespace {

namespace fs = std::filesystem;

ClientsFileError unreadable(const fs::path& file, const std::string& reason) {
    return ClientsFileError{"cannot read the clients file " + file.string() + ": " + reason};
}

struct OpenFile {
    base::UniqueFd descriptor;
    std::size_t size;
    mode_t mode;
};

/// Opens the file. It may be a link, because its path comes from the administrator.
OpenFile open_clients_file(const fs::path& file) {
    base::UniqueFd opened{::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
    struct stat info {};
    if (!opened || ::fstat(opened.get(), &info) == -1) {
        throw unreadable(file, base::reason_for(errno));
    }
    if (!S_ISREG(info.st_mode)) throw unreadable(file, "not a regular file");
    if (static_cast<std::uint64_t>(info.st_size) > max_clients_file) {
        throw ClientsFileError{"clients file " + file.string() + " is larger than 16M"};
    }
    if ((info.st_mode & S_IWOTH) != 0) {
        throw ClientsFileError{"clients file " + file.string() +
                               ": users other than its owner and group may write to it"};
    }
    return {std::move(opened), static_cast<std::size_t>(info.st_size), info.st_mode};
}

/// Fills the memory from the file. A file that is being written may be refused, because a line that
/// has lost its hash would let its client log in without a secret.
/// @param memory one byte larger than the file
/// @return the text of the file
std::string_view read_into(std::span<char> memory, const OpenFile& opened, const fs::path& file) {
    std::size_t bytes = 0;
    while (bytes < memory.size()) {
        const ssize_t count =
            ::read(opened.descriptor.get(), memory.data() + bytes, memory.size() - bytes);
        if (count == -1) throw unreadable(file, base::reason_for(errno));
        if (count == 0) break;
        bytes += static_cast<std::size_t>(count);
    }
    if (bytes != opened.size) throw unreadable(file, "its size has changed meanwhile");
    return {memory.data(), bytes};
}

bool is_secret_of(const Client& client, const Secret& secret) {
    return std::ranges::any_of(client.hashes, [&](std::string_view hash) {
        return !hash.empty() && verify(secret, hash);
    });
}

std::size_t total_size(std::span<const std::string> texts) {
    std::size_t bytes = 0;
    for (const std::string& text : texts) bytes += text.size();
    return bytes;
}

}  // namespace

KnownClients::KnownClients(std::span<const std::string> ids, const std::optional<fs::path>& file)
    : salt_{base::random_value<std::uint64_t>()} {
    std::optional<OpenFile> opened;
    if (file) opened = open_clients_file(*file);
    const std::size_t file_bytes = opened ? opened->size : 0;
    // The byte after the text tells whether the file has grown. A mapping has at least one byte.
    text_ = std::make_unique<base::PageBuffer>(total_size(ids) + file_bytes + 1);
    ::madvise(text_->data(), text_->size(), MADV_DONTDUMP);
    set_inherited(false);

    char* end = text_->data();
    for (const std::string& id : ids) {
        add({.name = {end, id.size()}});
        end = std::ranges::copy(id, end).out;
    }
    if (!opened) return;
    others_may_read_ = (opened->mode & S_IROTH) != 0;
    add_file(read_into({end, file_bytes + 1}, *opened, *file), *file);
}

/// @return false if there is a client of this name already
bool KnownClients::add(const Client& client) {
    const auto index = static_cast<std::uint32_t>(clients_.size());
    if (!by_name_.emplace(client.name, index).second) return false;
    clients_.push_back(client);
    if (!client.hashes[0].empty()) with_secret_.push_back(index);
    return true;
}

void KnownClients::add_file(std::string_view text, const fs::path& file) {
    digest_ = auth::digest(text);
    for (const Client& client : parse_clients(text, file.string())) {
        if (add(client)) continue;
        const auto line = 1 + std::count(text.data(), client.content.data(), '\n');
        throw ClientsFileError{"clients file " + file.string() + ", line " + std::to_string(line) +
                               ": client " + std::string{client.name} + " is also in --client-ids"};
    }
}

const Client* KnownClients::find(std::string_view name) const noexcept {
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : &clients_[found->second];
}

bool KnownClients::verify(std::string_view name, const Secret& secret) const {
    const Client* const client = find(name);
    if (client != nullptr && !client->hashes[0].empty()) return is_secret_of(*client, secret);
    if (with_secret_.empty()) return false;
    const std::size_t hash = std::hash<std::string_view>{}(name) ^ salt_;
    static_cast<void>(is_secret_of(clients_[with_secret_[hash % with_secret_.size()]], secret));
    return false;
}

void KnownClients::set_inherited(bool inherited) noexcept {
    ::madvise(text_->data(), text_->size(), inherited ? MADV_DOFORK : MADV_DONTFORK);
}

}  // namespace belfry::auth
