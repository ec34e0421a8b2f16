#include "tests/support/proc.hpp"

#include "tests/support/failure.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>

namespace belfry::test {
namespace {

std::filesystem::path proc(pid_t pid) {
    return std::filesystem::path{"/proc"} / std::to_string(pid);
}

bool is_number(const std::string& text) {
    return !text.empty() &&
           std::ranges::all_of(text, [](unsigned char c) { return std::isdigit(c) != 0; });
}

}  // namespace

std::optional<ProcessInfo> process_info(pid_t pid) {
    std::ifstream in{proc(pid) / "stat"};
    std::string line;
    if (!std::getline(in, line)) return std::nullopt;
    // The name stands in parentheses and may hold any characters, so the fields start after the
    // last parenthesis.
    std::istringstream fields{line.substr(line.rfind(')') + 1)};
    ProcessInfo info{};
    info.pid = pid;
    pid_t group = 0;
    fields >> info.state >> info.parent >> group >> info.session;
    std::string skipped;
    for (int field = 7; field < 22; ++field) fields >> skipped;
    fields >> info.start_time;
    return fields ? std::optional{info} : std::nullopt;
}

std::vector<ProcessInfo> processes() {
    std::vector<ProcessInfo> found;
    for (const auto& entry : std::filesystem::directory_iterator{"/proc"}) {
        const std::string name = entry.path().filename().string();
        if (!is_number(name)) continue;
        if (const auto info = process_info(std::stoi(name))) found.push_back(*info);
    }
    return found;
}

std::string title_of(pid_t pid) {
    std::ifstream in{proc(pid) / "cmdline"};
    std::string title;
    std::getline(in, title, '\0');
    return title;
}

bool is_alive(pid_t pid) {
    const auto info = process_info(pid);
    return info && info->state != 'Z' && info->state != 'X';
}

bool is_at_rest(pid_t pid) {
    std::error_code is_gone;
    for (const auto& thread : std::filesystem::directory_iterator{proc(pid) / "task", is_gone}) {
        const auto info = process_info(std::stoi(thread.path().filename().string()));
        if (info && info->state != 'T' && info->state != 'Z') return false;
    }
    return true;
}

std::uint64_t private_memory_kib(pid_t pid) {
    std::ifstream in{proc(pid) / "status"};
    for (std::string word; in >> word;) {
        std::uint64_t kib = 0;
        if (word == "RssAnon:" && in >> kib) return kib;
    }
    throw Failure("no RssAnon for process " + std::to_string(pid));
}

std::vector<std::string> mapping_flags(pid_t pid, int shmid) {
    constexpr std::string_view flags_label = "VmFlags:";
    std::ifstream in{proc(pid) / "smaps"};
    std::vector<std::string> found;
    bool in_segment = false;
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with(flags_label)) {
            if (in_segment) found.push_back(line.substr(flags_label.size()));
        } else if (line.find('-') < line.find(' ')) {
            // This is the first line of the next mapping. The inode of a System V segment is its
            // id.
            std::istringstream fields{line};
            std::string range;
            std::string permissions;
            std::string offset;
            std::string device;
            long long inode = 0;
            std::string file;
            fields >> range >> permissions >> offset >> device >> inode >> file;
            in_segment = inode == shmid && file.starts_with("/SYSV");
        }
    }
    return found;
}

std::size_t open_descriptors(pid_t pid) {
    const std::filesystem::directory_iterator entries{proc(pid) / "fd"};
    return static_cast<std::size_t>(std::distance(begin(entries), end(entries)));
}

std::vector<SegmentInfo> segments() {
    std::ifstream in{"/proc/sysvipc/shm"};
    in.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
    std::vector<SegmentInfo> found;
    for (std::string line; std::getline(in, line);) {
        std::istringstream fields{line};
        SegmentInfo info{};
        std::string key;
        std::string mode;
        pid_t last_user = 0;
        fields >> key >> info.shmid >> mode >> info.bytes >> info.creator >> last_user >>
            info.attached;
        info.mode = static_cast<unsigned>(std::stoul(mode, nullptr, 8));
        if (fields) found.push_back(info);
    }
    return found;
}

std::optional<shmid_ds> segment_info(int shmid) {
    shmid_ds info{};
    if (::shmctl(shmid, IPC_STAT, &info) == -1) return {};
    return info;
}

}  // namespace belfry::test
