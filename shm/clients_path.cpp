#include "shm/clients_path.hpp"

#include "base/regular_file.hpp"
#include "shm/data_directory.hpp"

#include <string>
#include <system_error>

namespace belfry::shm {
namespace {

namespace fs = std::filesystem;

fs::path record_in(const fs::path& data_dir) {
    return data_dir / "clients-file";
}

}  // namespace

void write_clients_path(const fs::path& data_dir, const std::optional<fs::path>& path) {
    if (!path) return remove_clients_path(data_dir);
    const fs::path record = record_in(data_dir);
    const int error = base::replace_regular_file(record, fs::absolute(*path).string());
    if (error == 0) return;
    throw DataDirectoryError{"cannot write " + record.string() + ": " + base::reason_for(error)};
}

std::optional<fs::path> read_clients_path(const fs::path& data_dir) {
    auto path = base::read_regular_file(record_in(data_dir));
    if (!path || path->empty()) return {};
    return *std::move(path);
}

void remove_clients_path(const fs::path& data_dir) noexcept {
    std::error_code ignored;
    fs::remove(record_in(data_dir), ignored);
}

}  // namespace belfry::shm
