#include "base/unix_address.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <string>

namespace belfry::base {
namespace {

constexpr std::size_t max_path = sizeof sockaddr_un::sun_path - 1;

}  // namespace

std::optional<UnixAddress> UnixAddress::of(const std::filesystem::path& path) {
    UnixAddress made;
    std::string text = path.string();
    if (text.size() > max_path) {
        const auto folder = path.parent_path();
        made.folder_ = UniqueFd{::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
        if (!made.folder_) return {};
        text =
            "/proc/self/fd/" + std::to_string(made.folder_.get()) + "/" + path.filename().string();
    }
    if (text.size() > max_path) {
        errno = ENAMETOOLONG;
        return {};
    }
    made.address_.sun_family = AF_UNIX;
    std::ranges::copy(text, std::begin(made.address_.sun_path));
    return made;
}

}  // namespace belfry::base
