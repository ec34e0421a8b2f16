#include "store/store_files.hpp"

#include "store/store_error.hpp"
#include "store/store_file.hpp"

#include <algorithm>
#include <string>

namespace belfry::store {
namespace {

constexpr const char* store_is_gone = "the store is gone: ";

StoreError misplaced(const std::filesystem::path& path, const std::string& what_it_means) {
    std::error_code ignored;
    const bool is_other = std::filesystem::exists(path, ignored);
    return {StoreError::Kind::failing,
            what_it_means + path.string() +
                (is_other ? " is a different file now" : " no longer exists")};
}

void require_in_place(const base::PlacedFile& file, const std::string& what_it_means) {
    if (!file.is_in_place()) throw misplaced(file.path(), what_it_means);
}

}  // namespace

void require_store(const std::filesystem::path& data_dir) {
    if (!has_store(data_dir)) throw misplaced(store_file(data_dir), store_is_gone);
}

StoreFiles::StoreFiles(const std::filesystem::path& data_dir, const StoreLock& lock)
    : database_{base::PlacedFile{store_file(data_dir)}}, others_{lock.file_in(data_dir)} {
    require_all();
}

void StoreFiles::add_write_ahead_log() {
    const std::string database = database_.front().path().string();
    database_.emplace_back(database + "-wal");
    others_.emplace_back(database + "-shm");
    require_all();
}

void StoreFiles::require_database() const {
    for (const base::PlacedFile& file : database_) require_in_place(file, store_is_gone);
}

bool StoreFiles::has_database() const noexcept {
    return std::ranges::all_of(database_, &base::PlacedFile::is_in_place);
}

// The write-ahead log is not deleted here, because its database may be moved back.
void StoreFiles::require_no_old_write_ahead_log() const {
    const base::PlacedFile& database = database_.front();
    const base::PlacedFile& log = database_.back();
    std::error_code ignored;
    const bool is_other =
        !database.is_in_place() && std::filesystem::exists(database.path(), ignored);
    if (!is_other || !log.is_in_place()) return;
    throw StoreError{
        StoreError::Kind::failing,
        log.path().string() + " belongs to the database that is gone; move it away first"};
}

void StoreFiles::require_all() const {
    require_database();
    for (const base::PlacedFile& file : others_) require_in_place(file, "");
}

}  // namespace belfry::store
