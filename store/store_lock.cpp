#include "store/store_lock.hpp"

#include "base/regular_file.hpp"
#include "store/store_error.hpp"
#include "store/store_file.hpp"

#include <fcntl.h>

#include <cerrno>

namespace belfry::store {
namespace {

std::filesystem::path path_in(const std::filesystem::path& data_dir) {
    return data_dir / "store-lock";
}

}  // namespace

std::optional<StoreLock> StoreLock::try_take(const std::filesystem::path& data_dir) {
    const std::filesystem::path path = path_in(data_dir);
    base::UniqueFd file = base::open_regular_file(path, O_RDWR | O_CREAT);
    if (!file) {
        throw StoreError{StoreError::Kind::failing,
                         "cannot open " + path.string() + ": " + base::reason_for(errno)};
    }
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    if (::fcntl(file.get(), F_SETLK, &lock) == -1) return {};
    return StoreLock{std::move(file)};
}

StoreLock StoreLock::take(const std::filesystem::path& data_dir) {
    auto lock = try_take(data_dir);
    if (lock) return *std::move(lock);
    throw StoreError{StoreError::Kind::failing, "the store " + store_file(data_dir).string() +
                                                    " is being written by another process"};
}

base::PlacedFile StoreLock::file_in(const std::filesystem::path& data_dir) const noexcept {
    return {path_in(data_dir), file_};
}

}  // namespace belfry::store
