#include "shm/port_file.hpp"

#include "base/regular_file.hpp"
#include "shm/data_directory.hpp"

#include <exception>
#include <string>

namespace belfry::shm {
namespace {

namespace fs = std::filesystem;

fs::path record_in(const fs::path& data_dir) {
    return data_dir / "port-file";
}

std::string text_of_port(std::uint32_t port) {
    return std::to_string(port) + '\n';
}

void write_whole(const fs::path& path, const std::string& text) {
    const int error = base::replace_regular_file(path, text);
    if (error == 0) return;
    throw DataDirectoryError{"cannot write the port file " + path.string() + ": " +
                             base::reason_for(error)};
}

}  // namespace

void write_port_file(const fs::path& data_dir, const fs::path& path, std::uint16_t port) {
    write_whole(record_in(data_dir), fs::absolute(path).string());
    write_whole(path, text_of_port(port));
}

void remove_port_file_at(const fs::path& path, std::uint32_t port) noexcept {
    try {
        if (base::read_regular_file(path) == text_of_port(port)) fs::remove(path);
    } catch (const std::exception&) {
        // A server has ended cleanly even if this file cannot be removed.
    }
}

void remove_port_file(const fs::path& data_dir, std::uint32_t port) noexcept {
    try {
        const fs::path path = base::read_regular_file(record_in(data_dir)).value_or("");
        if (!path.empty()) remove_port_file_at(path, port);
        fs::remove(record_in(data_dir));
    } catch (const std::exception&) {
        // as above
    }
}

}  // namespace belfry::shm
