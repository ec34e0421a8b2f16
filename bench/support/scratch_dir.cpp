#include "bench/support/scratch_dir.hpp"

#include "tests/support/failure.hpp"

#include <linux/magic.h>
#include <stdlib.h>
#include <sys/vfs.h>

#include <system_error>

namespace belfry::bench {

ScratchDir::ScratchDir(const std::filesystem::path& parent) {
    std::string name = (std::filesystem::absolute(parent) / "bench-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw test::system_failure(name);
    path_ = name;
}

ScratchDir::~ScratchDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::filesystem::path ScratchDir::make(std::string_view name) const {
    auto path = path_ / name;
    if (!std::filesystem::create_directory(path)) {
        throw test::Failure(path.string() + " is already there");
    }
    return path;
}

bool is_in_memory(const std::filesystem::path& path) {
    struct statfs found {};
    if (::statfs(path.c_str(), &found) != 0) throw test::system_failure(path.string());
    return found.f_type == TMPFS_MAGIC || found.f_type == RAMFS_MAGIC;
}

}  // namespace belfry::bench
