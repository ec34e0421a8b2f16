#include "base/regular_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace belfry::base {
namespace {

constexpr mode_t owner_only = S_IRUSR | S_IWUSR;

/// The error for a file that is not regular. The kernel gives the same one for a pipe without a
/// reader and for a missing device.
constexpr int not_regular = ENXIO;

int write_to(const UniqueFd& file, std::string_view contents) {
    errno = EIO;  // a short write sets no errno
    const bool written = ::fchmod(file.get(), owner_only) == 0 &&
                         ::write(file.get(), contents.data(), contents.size()) ==
                             static_cast<ssize_t>(contents.size());
    return written ? 0 : errno;
}

}  // namespace

UniqueFd open_regular_file(const std::filesystem::path& path, int flags, int folder) noexcept {
    // Without O_NONBLOCK, opening a pipe would wait for the other end.
    constexpr int always = O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
    UniqueFd file{::openat(folder, path.c_str(), flags | always, owner_only)};
    struct stat info {};
    if (!file || ::fstat(file.get(), &info) == -1) return {};
    if (S_ISREG(info.st_mode)) return file;
    file.reset();
    errno = not_regular;
    return {};
}

std::string reason_for(int error) {
    if (error == ELOOP) return "is a symbolic link";
    if (error == not_regular) return "not a regular file";
    return std::strerror(error);
}

std::optional<std::string> read_regular_file(const std::filesystem::path& path) {
    const UniqueFd file = open_regular_file(path, O_RDONLY);
    if (!file) return {};
    std::string contents;
    std::array<char, 4096> buffer{};
    while (true) {
        const ssize_t count = ::read(file.get(), buffer.data(), buffer.size());
        if (count == -1) return {};
        if (count == 0) return contents;
        if (contents.size() + static_cast<std::size_t>(count) > max_regular_file) {
            errno = EFBIG;
            return {};
        }
        contents.append(buffer.data(), static_cast<std::size_t>(count));
    }
}

int replace_regular_file(const std::filesystem::path& path, std::string_view contents) {
    const std::string temporary = path.string() + ".new";
    const UniqueFd file = open_regular_file(temporary, O_WRONLY | O_CREAT | O_TRUNC);
    if (!file) return errno;
    int error = write_to(file, contents);
    if (error == 0 && ::rename(temporary.c_str(), path.c_str()) != 0) error = errno;
    if (error != 0) ::unlink(temporary.c_str());
    return error;
}

}  // namespace belfry::base
