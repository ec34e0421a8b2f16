#include "store/open_log.hpp"

#include "base/random.hpp"
#include "store/store_error.hpp"
#include "store/store_file.hpp"
#include "store/store_lock.hpp"
#include "store/store_writer.hpp"

namespace belfry::store {
namespace {

StoreError mismatch(const std::string& what) {
    return {StoreError::Kind::unusable, "the store does not match the shared memory: " + what};
}

SavedLog read(const std::filesystem::path& data_dir) {
    Database database = open_to_read(data_dir);
    return read_saved_log(database);
}

}  // namespace

std::string random_epoch() {
    constexpr std::size_t digits = 16;
    return base::random_hex(digits);
}

SavedLog open_log(const std::filesystem::path& data_dir, shm::Durability durability,
                  const std::string& new_epoch) {
    const StoreLock lock = StoreLock::take(data_dir);
    StoreWriter writer{data_dir};
    writer.keep_wal_files(true);
    writer.claim();
    SavedLog saved = writer.saved_log();
    if (saved.last_id > shm::max_id) {
        throw StoreError{StoreError::Kind::unusable,
                         "the store " + store_file(data_dir).string() + " ends at message " +
                             std::to_string(saved.last_id) + ", but the highest possible id is " +
                             std::to_string(shm::max_id)};
    }
    const bool nothing_lost = saved.durability == shm::Durability::commit || saved.clean;
    if (saved.epoch.empty() || !nothing_lost) saved.epoch = new_epoch;
    writer.begin_log(saved.epoch, durability);
    return saved;
}

void resume_log(const std::filesystem::path& data_dir, const shm::Segment& segment) {
    const std::uint64_t first_id = segment.log().first_id.load();
    const SavedLog saved = read(data_dir);
    require_match(saved, segment, first_id);
    if (!saved.clean) return;
    const StoreLock lock = StoreLock::take(data_dir);
    StoreWriter writer{open_existing_to_write(data_dir)};
    writer.keep_wal_files(true);
    writer.claim();
    writer.begin_log(saved.epoch, segment.durability());
}

bool can_resume(const std::filesystem::path& data_dir, const shm::Segment& segment) noexcept {
    try {
        const std::uint64_t first_id = segment.log().first_id.load();
        require_match(read(data_dir), segment, first_id);
        return true;
    } catch (const std::exception&) {
        return false;
    }
}

bool belongs_to_log(const std::filesystem::path& data_dir, std::string_view epoch) noexcept {
    try {
        Database database = open_to_read(data_dir);
        return read_epoch(database) == epoch;
    } catch (const std::exception&) {
        return false;
    }
}

bool holds_whole_log(const std::filesystem::path& data_dir, const shm::Segment& segment) noexcept {
    try {
        // The database is opened for writing, because only such a connection removes the files of
        // the write-ahead log when it is closed.
        Database database{store_file(data_dir), Database::Mode::write};
        const SavedLog saved = read_saved_log(database);
        return saved.epoch == segment.epoch() && saved.clean &&
               saved.last_id == segment.log().last_id.load();
    } catch (const std::exception&) {
        return false;
    }
}

std::string kept_for_later(const std::filesystem::path& data_dir, const shm::FoundSegment& found) {
    const std::string kept =
        "the shared memory segment " + std::to_string(found.name.shmid) + " is kept";
    if (can_resume(data_dir, found.segment)) return kept + " for the next start";
    return kept + "; if the store cannot be put back, make a new one with " +
           recover_command(found.name.shmid);
}

std::string recover_command(int shmid) {
    return "belfryctl --data-dir NEW recover --segment " + std::to_string(shmid);
}

Database open_store_of(const std::filesystem::path& data_dir, const shm::Segment& segment) {
    const std::uint64_t first_id = segment.log().first_id.load();
    Database database = open_to_read(data_dir);
    require_match(read_saved_log(database), segment, first_id);
    database = open_existing_to_write(data_dir);
    database.keep_wal_files(true);
    return database;
}

void require_match(const SavedLog& saved, const shm::Segment& segment, std::uint64_t first_id) {
    const shm::LogHeader& log = segment.log();
    if (saved.epoch != segment.epoch()) {
        throw mismatch("the store has epoch " + saved.epoch + ", the shared memory has epoch " +
                       std::string{segment.epoch()});
    }
    if (saved.last_id > log.last_id.load() && !segment.is_in_cluster()) {
        throw mismatch("the store ends at message " + std::to_string(saved.last_id) +
                       ", the shared memory at " + std::to_string(log.last_id.load()));
    }
    if (saved.last_id + 1 < first_id) {
        throw mismatch("the store ends at message " + std::to_string(saved.last_id) +
                       ", the shared memory begins at " + std::to_string(first_id));
    }
}

}  // namespace belfry::store
