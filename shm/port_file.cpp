#include "shm/port_file.hpp"

#include "shm/data_directory.hpp"

#include <sys/stat.h>

#include <exception>
#include <fstream>
#include <iterator>
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
    const fs::path beside = path.string() + ".new";
    std::ofstream file{beside, std::ios::trunc};
    ::chmod(beside.c_str(), S_IRUSR | S_IWUSR);
    file << text;
    file.close();
    std::error_code error;
    if (file) fs::rename(beside, path, error);
    if (!file || error) throw DataDirectoryError{"cannot write the port file " + path.string()};
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
