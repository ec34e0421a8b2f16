#include "terminal/user_files.hpp"

#include "base/regular_file.hpp"
#include "base/unique_fd.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/algorithm/string/join.hpp>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <string_view>
#include <utility>

namespace belfry::terminal {
namespace {

constexpr std::size_t kept = 1000;

void make_folder(const std::filesystem::path& folder) {
    if (folder.empty() || ::access(folder.c_str(), F_OK) == 0) return;
    make_folder(folder.parent_path());
    ::mkdir(folder.c_str(), 0700);
}

// Opens regular files only. A user who wants no history may have linked it to /dev/null, which is
// left alone. Because of O_NONBLOCK a FIFO does not block the program.
base::UniqueFd opened(const std::string& path, int flags) {
    base::UniqueFd file{::open(path.c_str(), O_CLOEXEC | O_NOCTTY | O_NONBLOCK | flags, 0600)};
    struct stat status {};
    const bool is_regular = file && ::fstat(file.get(), &status) == 0 && S_ISREG(status.st_mode);
    return is_regular ? std::move(file) : base::UniqueFd{};
}

std::string contents_of(const std::string& path) {
    std::string text;
    const base::UniqueFd file = opened(path, O_RDONLY);
    std::array<char, 65536> piece{};
    while (file) {
        const auto n = ::read(file.get(), piece.data(), piece.size());
        if (n <= 0) break;
        text.append(piece.data(), static_cast<std::size_t>(n));
    }
    return text;
}

// Also sets the mode of a file that existed before.
bool write_to(const std::string& path, int flags, std::string_view bytes) {
    const base::UniqueFd file = opened(path, O_WRONLY | O_CREAT | flags);
    if (!file || ::fchmod(file.get(), 0600) != 0) return false;
    return ::write(file.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size());
}

// The specification says that a path which is not absolute is ignored.
std::string path_below(const char* variable, const std::string& below_home,
                       const std::string& name) {
    const char* set = std::getenv(variable);
    if (set != nullptr && *set == '/') return set + ("/" + name);
    const char* home = std::getenv("HOME");
    if (home == nullptr || *home != '/') return {};
    return home + ("/" + below_home + "/" + name);
}

}  // namespace

std::vector<std::string> HistoryFile::load() const {
    std::vector<std::string> lines;
    if (path_.empty()) return lines;
    std::istringstream file{contents_of(path_)};
    for (std::string line; std::getline(file, line);) {
        if (!line.empty()) lines.push_back(line);
    }
    const bool has_grown = lines.size() >= 2 * kept;
    if (lines.size() > kept) lines.erase(lines.begin(), lines.end() - kept);
    // A history that cannot be cut stays as long as it is.
    if (has_grown) {
        static_cast<void>(
            base::replace_regular_file(path_, boost::algorithm::join(lines, "\n") + "\n"));
    }
    return lines;
}

void HistoryFile::append(std::string_view line) const {
    if (path_.empty()) return;
    make_folder(std::filesystem::path{path_}.parent_path());
    // One write per line keeps the lines of two programs apart.
    write_to(path_, O_APPEND, std::string{line}.append("\n"));
}

std::string config_path() {
    return path_below("XDG_CONFIG_HOME", ".config", "belfry.conf");
}

std::string history_path() {
    return path_below("XDG_STATE_HOME", ".local/state", "belfry/history");
}

}  // namespace belfry::terminal
