#include "shm/cluster_arguments.hpp"

#include "base/regular_file.hpp"
#include "shm/data_directory.hpp"

#include <sstream>
#include <system_error>

namespace belfry::shm {
namespace {

namespace fs = std::filesystem;

fs::path record_in(const fs::path& data_dir) {
    return data_dir / "cluster-options";
}

}  // namespace

void write_cluster_arguments(const fs::path& data_dir, const std::vector<std::string>& arguments) {
    const fs::path record = record_in(data_dir);
    if (arguments.empty()) {
        std::error_code ignored;
        fs::remove(record, ignored);
        return;
    }
    std::string lines;
    for (const std::string& argument : arguments) lines += argument + '\n';
    const int error = base::replace_regular_file(record, lines);
    if (error == 0) return;
    throw DataDirectoryError{"cannot write " + record.string() + ": " + base::reason_for(error)};
}

std::vector<std::string> read_cluster_arguments(const fs::path& data_dir) {
    std::istringstream lines{base::read_regular_file(record_in(data_dir)).value_or("")};
    std::vector<std::string> arguments;
    for (std::string line; std::getline(lines, line);) arguments.push_back(line);
    return arguments;
}

}  // namespace belfry::shm
