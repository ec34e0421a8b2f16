#include "ctl/edited_file.hpp"

#include "base/regular_file.hpp"
#include "ctl/refusal.hpp"
#include "ctl/trusted_path.hpp"
#include "ctl/wait_until.hpp"

#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>

namespace belfry::ctl {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds lock_timeout{30};

Refusal cannot(const char* verb, const fs::path& path, int error) {
    return Refusal{std::string{"cannot "} + verb + " " + path.string() + ": " +
                   base::reason_for(error)};
}

bool is_locked(const base::UniqueFd& file) noexcept {
    return ::flock(file.get(), LOCK_EX | LOCK_NB) == 0;
}

bool write_all(const base::UniqueFd& file, std::string_view bytes) noexcept {
    while (!bytes.empty()) {
        const ssize_t written = ::write(file.get(), bytes.data(), bytes.size());
        if (written == -1) return false;
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

/// Gives a new file the owner and the mode of the one that it will replace.
bool make_alike(const base::UniqueFd& file, const struct stat& facts) noexcept {
    struct stat made {};
    if (::fstat(file.get(), &made) == -1) return false;
    const bool same_owner = made.st_uid == facts.st_uid && made.st_gid == facts.st_gid;
    if (!same_owner && ::fchown(file.get(), facts.st_uid, facts.st_gid) == -1) return false;
    return ::fchmod(file.get(), facts.st_mode & ACCESSPERMS) == 0;
}

}  // namespace

FilePlace open_place(const fs::path& file, std::string_view what) {
    const fs::path asked = fs::absolute(file);
    if (!asked.has_filename()) throw cannot("open", file, EISDIR);
    fs::path folder = asked.parent_path();
    uid_t owner = 0;
    const bool is_root = ::geteuid() == 0;
    if (is_root) {
        const TrustedPath trusted =
            trusted_path(folder, std::string{"the folder of "}.append(what));
        folder = trusted.path;
        owner = trusted.user;
    }
    FilePlace place{folder / asked.filename(),
                    base::UniqueFd{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)},
                    {}};
    if (!place.folder || ::fstat(place.folder.get(), &place.folder_facts) == -1) {
        throw cannot("open", folder, errno);
    }
    // The owner of a part of the path may have redirected it since the check, but not to a folder
    // of another user.
    if (is_root && place.folder_facts.st_uid != owner) {
        throw Refusal{"another user has replaced " + folder.string()};
    }
    return place;
}

EditedFile::EditedFile(const FilePlace& place, Access access) : place_{place} {
    if (wait_until([&] { return try_to_open(access); }, Clock::now() + lock_timeout)) return;
    throw Refusal{"another process keeps " + place_.path.string() + " locked"};
}

bool EditedFile::try_to_open(Access access) {
    const int flags = O_RDONLY | (access == Access::change_or_make ? O_CREAT : 0);
    file_ = base::open_regular_file(place_.path.filename(), flags, place_.folder.get());
    if (!file_ || ::fstat(file_.get(), &facts_) == -1) throw cannot("open", place_.path, errno);
    return access == Access::read || (is_locked(file_) && is_at_its_path());
}

std::string EditedFile::contents(std::size_t max_bytes) const {
    std::string text;
    std::array<char, 65536> buffer{};
    while (true) {
        const ssize_t count =
            ::pread(file_.get(), buffer.data(), buffer.size(), static_cast<off_t>(text.size()));
        if (count == -1) throw cannot("read", place_.path, errno);
        if (count == 0) return text;
        text.append(buffer.data(), static_cast<std::size_t>(count));
        if (text.size() > max_bytes) throw cannot("read", place_.path, EFBIG);
    }
}

bool EditedFile::is_at_its_path() const {
    struct stat now {};
    return ::fstatat(place_.folder.get(), place_.path.filename().c_str(), &now,
                     AT_SYMLINK_NOFOLLOW) == 0 &&
           now.st_dev == facts_.st_dev && now.st_ino == facts_.st_ino;
}

void EditedFile::replace(std::string_view contents) {
    const std::string name = place_.path.filename().string();
    const std::string new_name = name + ".new";
    const int folder = place_.folder.get();
    int error = write_new(new_name.c_str(), contents);
    if (error == 0 && ::renameat(folder, new_name.c_str(), folder, name.c_str()) == -1) {
        error = errno;
    }
    if (error != 0) {
        ::unlinkat(folder, new_name.c_str(), 0);
        throw cannot("replace", place_.path, error);
    }
    if (::fsync(folder) == -1) throw cannot("sync the folder of", place_.path, errno);
}

int EditedFile::write_new(const char* name, std::string_view contents) {
    ::unlinkat(place_.folder.get(), name, 0);  // one that a killed process has left
    new_file_ = base::open_regular_file(name, O_WRONLY | O_CREAT | O_EXCL, place_.folder.get());
    const bool written = new_file_ && is_locked(new_file_) && make_alike(new_file_, facts_) &&
                         write_all(new_file_, contents) && ::fsync(new_file_.get()) == 0;
    return written ? 0 : errno;
}

}  // namespace belfry::ctl
