#include "store/checkpoints.hpp"

#include "store/store_error.hpp"

#include <utility>

namespace belfry::store {
namespace {

/// The pause after a checkpoint has failed.
constexpr std::chrono::seconds checkpoint_timeout{1};

constexpr const char* cannot_copy = "cannot copy the write-ahead log into the store: ";

}  // namespace

Checkpoints::Checkpoints(shm::Segment& segment, Report report)
    : report_{std::move(report)}, wal_restart_{segment} {}

void Checkpoints::run(StoreWriter& writer) {
    if (Clock::now() < next_) return;
    try {
        if (writer.checkpoint_if_long()) wal_restart_.step(writer);
    } catch (const StoreError& error) {
        report_(std::string{cannot_copy} + error.what());
        next_ = Clock::now() + checkpoint_timeout;
    }
}

/// SQLite's close moves the write-ahead log into the database only if nobody reads and the database
/// is in its place. But if the write-ahead log was deleted, its contents are lost with this
/// process; and if it stays behind alone, SQLite would apply it to any database that is put beside
/// it. So its files stay only while the store is in its place, for the sessions.
void Checkpoints::finish(StoreWriter& writer, const StoreFiles& files) const {
    if (files.has_database()) return;
    writer.keep_wal_files(false);
    try {
        writer.empty_wal();
    } catch (const std::exception& error) {
        report_(std::string{cannot_copy} + error.what());
    }
}

}  // namespace belfry::store
