#include "ctl/new_data_directory.hpp"

#include "ctl/owner.hpp"
#include "ctl/refusal.hpp"
#include "shm/segment_file.hpp"
#include "store/store_file.hpp"

namespace belfry::ctl {

namespace fs = std::filesystem;

NewDataDirectory::NewDataDirectory(const fs::path& path) : path_{path}, is_new_{!exists(path)} {
    if (store::has_store(path)) {
        throw Refusal{path.string() + " already contains a store"};
    }
    shm::make_data_directory(path);
    require_still_trusted(path);
    lock_.emplace(path);
    if (shm::anybody_alive(path)) throw Refusal{"the server in " + path.string() + " is running"};
    if (shm::find_segment(path, boost::interprocess::read_only)) {
        throw Refusal{path.string() +
                      " already has a server segment; name a new data directory with --data-dir"};
    }
}

NewDataDirectory::~NewDataDirectory() {
    if (is_kept_ || !is_new_) return;
    std::error_code ignored;  // on an error an empty directory stays
    fs::remove(path_ / "lock", ignored);
    fs::remove(path_, ignored);
}

}  // namespace belfry::ctl
