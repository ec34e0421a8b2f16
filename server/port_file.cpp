#include "server/port_file.hpp"

#include "server/start_error.hpp"
#include "shm/unique_fd.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace belfry::server {
namespace {

constexpr mode_t owner_only = S_IRUSR | S_IWUSR;

/// @return 0, or the errno that says why not
int write_whole(const shm::UniqueFd& file, const std::string& text) {
    errno = EIO;  // of a write that was cut short
    const bool written =
        ::fchmod(file.get(), owner_only) == 0 &&
        ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
    return written ? 0 : errno;
}

/// @return likewise
int put(const std::filesystem::path& path, const std::string& text) {
    const std::string beside = path.string() + ".new";
    const shm::UniqueFd file{
        ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, owner_only)};
    if (!file) return errno;
    int error = write_whole(file, text);
    if (error == 0 && ::rename(beside.c_str(), path.c_str()) != 0) error = errno;
    if (error != 0) ::unlink(beside.c_str());
    return error;
}

}  // namespace

PortFile::PortFile(std::filesystem::path path, std::uint16_t port) : path_{std::move(path)} {
    const int error = put(path_, std::to_string(port) + '\n');
    if (error == 0) return;
    throw StartError{"cannot write the port file " + path_.string() + ": " + std::strerror(error)};
}

PortFile::~PortFile() {
    ::unlink(path_.c_str());
}

}  // namespace belfry::server
