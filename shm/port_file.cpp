#include "shm/port_file.hpp"

#include "shm/data_directory.hpp"
#include "shm/unique_fd.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <exception>
#include <fstream>
#include <iterator>
#include <string>

namespace belfry::shm {
namespace {

namespace fs = std::filesystem;

constexpr mode_t owner_only = S_IRUSR | S_IWUSR;

fs::path record_in(const fs::path& data_dir) {
    return data_dir / "port-file";
}

std::string text_of_port(std::uint32_t port) {
    return std::to_string(port) + '\n';
}

/// @return 0, or the errno that says why not
int write_to(const UniqueFd& file, const std::string& text) {
    errno = EIO;  // of a write that was cut short
    const bool written =
        ::fchmod(file.get(), owner_only) == 0 &&
        ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
    return written ? 0 : errno;
}

/// @return likewise
int put(const fs::path& path, const std::string& text) {
    const std::string beside = path.string() + ".new";
    const UniqueFd file{
        ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, owner_only)};
    if (!file) return errno;
    int error = write_to(file, text);
    if (error == 0 && ::rename(beside.c_str(), path.c_str()) != 0) error = errno;
    if (error != 0) ::unlink(beside.c_str());
    return error;
}

void write_whole(const fs::path& path, const std::string& text) {
    const int error = put(path, text);
    if (error == 0) return;
    throw DataDirectoryError{"cannot write the port file " + path.string() + ": " +
                             std::strerror(error)};
}

/// Nothing where it is no regular file: reading a pipe would wait.
std::string contents_of(const fs::path& path) {
    if (!fs::is_regular_file(fs::symlink_status(path))) return {};
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

}  // namespace

void write_port_file(const fs::path& data_dir, const fs::path& path, std::uint16_t port) {
    write_whole(record_in(data_dir), fs::absolute(path).string());
    write_whole(path, text_of_port(port));
}

void remove_port_file(const fs::path& data_dir, std::uint32_t port) noexcept {
    try {
        const fs::path path = contents_of(record_in(data_dir));
        if (!path.empty() && contents_of(path) == text_of_port(port)) fs::remove(path);
        fs::remove(record_in(data_dir));
    } catch (const std::exception&) {
        // A server has ended cleanly even where a file of it could not be removed.
    }
}

}  // namespace belfry::shm
