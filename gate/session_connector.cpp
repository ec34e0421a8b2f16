#include "gate/session_connector.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace belfry::gate {
namespace {

constexpr std::size_t max_path = sizeof sockaddr_un::sun_path - 1;

}  // namespace

SessionConnector::SessionConnector(const std::filesystem::path& socket) {
    if (socket.native().size() <= max_path) {
        name_ = socket.native();
        return;
    }
    const auto folder = socket.parent_path();
    folder_ = base::UniqueFd{::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
    if (!folder_) throw std::system_error{errno, std::generic_category(), folder};
    name_ = "/proc/self/fd/" + std::to_string(folder_.get()) + "/" + socket.filename().native();
    if (name_.size() > max_path) {
        throw std::system_error{ENAMETOOLONG, std::generic_category(), socket};
    }
}

base::UniqueFd SessionConnector::connect() const noexcept {
    base::UniqueFd socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (!socket) return {};
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::copy(name_.begin(), name_.end(), std::begin(address.sun_path));
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        return {};
    }
    return socket;
}

}  // namespace belfry::gate
