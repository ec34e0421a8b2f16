#include "tests/support/faults/faulty_file.hpp"

#include "tests/support/faults/forward.hpp"

#include <time.h>
#include <unistd.h>

#include <cstdint>
#include <new>
#include <utility>

namespace belfry::test::faults {
namespace {

using Kind = FaultyFile::Kind;

constexpr int wal_header_bytes = 32;
constexpr int frame_header_bytes = 24;

Kind kind_of(int open_flags) {
    if ((open_flags & SQLITE_OPEN_MAIN_DB) != 0) return Kind::database;
    if ((open_flags & SQLITE_OPEN_WAL) != 0) return Kind::wal;
    if ((open_flags & SQLITE_OPEN_MAIN_JOURNAL) != 0) return Kind::journal;
    return Kind::temporary;
}

FaultyFile& faulty(sqlite3_file* file) {
    return *reinterpret_cast<FaultyFile*>(file);
}

std::pair<const sqlite3_io_methods*, sqlite3_file*> behind(sqlite3_file* file) {
    sqlite3_file* const real = faulty(file).real();
    return {real->pMethods, real};
}

bool fails(const FaultyFile& file, const FaultControl::Switch& fault) {
    return file.kind != Kind::temporary && fault != 0;
}

bool fails_reading(const FaultyFile& file) {
    return file.kind != Kind::journal && fails(file, file.control->read_error);
}

int read(sqlite3_file* file, void* bytes, int count, sqlite3_int64 offset) {
    if (fails_reading(faulty(file))) return SQLITE_IOERR_READ;
    const auto [methods, real] = behind(file);
    return methods->xRead(real, bytes, count, offset);
}

/// Reads through a mapping. A null pointer says that there is no mapping, so SQLite calls read()
/// instead.
int fetch(sqlite3_file* file, sqlite3_int64 offset, int count, void** bytes) {
    *bytes = nullptr;
    if (fails_reading(faulty(file))) return SQLITE_OK;
    const auto [methods, real] = behind(file);
    return methods->xFetch(real, offset, count, bytes);
}

void note_wal_write(FaultyFile& file, int count, sqlite3_int64 offset) {
    file.has_new_header_only = offset == 0 && count == wal_header_bytes;
    ++file.control->wal_writes;
    // A large commit writes its last page, and then writes the headers of all its pages once more.
    if (count == frame_header_bytes) return;
    file.control->wal_written_bytes = static_cast<std::uint64_t>(offset + count);
}

int write(sqlite3_file* file, const void* bytes, int count, sqlite3_int64 offset) {
    FaultyFile& self = faulty(file);
    if (fails(self, self.control->full)) return SQLITE_FULL;
    if (fails(self, self.control->io_error)) return SQLITE_IOERR_WRITE;
    const auto [methods, real] = behind(file);
    const int result = methods->xWrite(real, bytes, count, offset);
    if (result == SQLITE_OK && self.kind == Kind::wal) note_wal_write(self, count, offset);
    return result;
}

int truncate(sqlite3_file* file, sqlite3_int64 size) {
    if (fails(faulty(file), faulty(file).control->full)) return SQLITE_FULL;
    const auto [methods, real] = behind(file);
    return methods->xTruncate(real, size);
}

/// SQLite syncs the header of a new WAL before it writes the first commit there. That sync makes no
/// commit durable, so it is not held: a process that waits in a held sync has written its commit.
bool is_held(const FaultyFile& file) {
    return !file.has_new_header_only && fails(file, file.control->hold_syncs);
}

void wait_while_held(FaultyFile& file) {
    if (!is_held(file)) return;
    pid_t self = ::getpid();
    file.control->waiting_pid = self;
    // Polling is used instead of a futex, because a process that is killed here leaves nothing to
    // clean up.
    const timespec pause{0, 1'000'000};
    while (is_held(file)) ::nanosleep(&pause, nullptr);
    file.control->waiting_pid.compare_exchange_strong(self, 0);
}

void note_sync(FaultyFile& file, std::uint64_t written_bytes) {
    if (file.kind == Kind::database) ++file.control->db_syncs;
    if (file.kind != Kind::wal) return;
    file.has_new_header_only = false;
    file.control->wal_synced_bytes = written_bytes;
    ++file.control->wal_syncs;
}

int sync(sqlite3_file* file, int flags) {
    FaultyFile& self = faulty(file);
    wait_while_held(self);
    if (fails(self, self.control->io_error)) return SQLITE_IOERR_FSYNC;
    if (fails(self, self.control->sync_error)) return SQLITE_IOERR_FSYNC;
    const auto [methods, real] = behind(file);
    const std::uint64_t written_bytes = self.control->wal_written_bytes;
    const int result = methods->xSync(real, flags);
    if (result == SQLITE_OK) note_sync(self, written_bytes);
    return result;
}

sqlite3_io_methods faulty_version_of(sqlite3_io_methods table) {
    using M = sqlite3_io_methods;
    forward<behind, &M::xClose, &M::xFileSize, &M::xLock, &M::xUnlock, &M::xCheckReservedLock,
            &M::xFileControl, &M::xSectorSize, &M::xDeviceCharacteristics>(table);
    table.xRead = read;
    table.xWrite = write;
    table.xTruncate = truncate;
    table.xSync = sync;
    if (table.iVersion >= 2) {
        forward<behind, &M::xShmMap, &M::xShmLock, &M::xShmBarrier, &M::xShmUnmap>(table);
    }
    if (table.iVersion >= 3) {
        forward<behind, &M::xUnfetch>(table);
        if (table.xFetch != nullptr) table.xFetch = fetch;
    }
    return table;
}

}  // namespace

FaultyFile& make_file(sqlite3_file* memory, FaultControl& control, int open_flags) {
    auto* file = new (memory) FaultyFile{};
    file->control = &control;
    file->kind = kind_of(open_flags);
    return *file;
}

void stand_before_real_file(FaultyFile& file) {
    file.methods = faulty_version_of(*file.real()->pMethods);
    file.base.pMethods = &file.methods;
}

}  // namespace belfry::test::faults
