#include "store/descriptor_vfs.hpp"

#include "store/store_error.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace belfry::store {
namespace {

/// An open file. SQLite allocates it, and uses only its first member.
struct OpenFile {
    sqlite3_file base;
    int fd;
};

int fd_of(sqlite3_file* file) {
    return reinterpret_cast<OpenFile*>(file)->fd;
}

int close(sqlite3_file* /*file*/) {
    return SQLITE_OK;
}

/// Reads from the file. SQLite requires zeros for bytes behind the end of the file.
int read(sqlite3_file* file, void* buffer, int bytes, sqlite3_int64 offset) {
    auto* out = static_cast<char*>(buffer);
    while (bytes > 0) {
        const ssize_t count = ::pread(fd_of(file), out, static_cast<std::size_t>(bytes), offset);
        if (count == -1 && errno == EINTR) continue;
        if (count == -1) return SQLITE_IOERR_READ;
        if (count == 0) {
            std::fill_n(out, bytes, '\0');
            return SQLITE_IOERR_SHORT_READ;
        }
        out += count;
        offset += count;
        bytes -= static_cast<int>(count);
    }
    return SQLITE_OK;
}

int write(sqlite3_file* file, const void* buffer, int bytes, sqlite3_int64 offset) {
    const auto* in = static_cast<const char*>(buffer);
    while (bytes > 0) {
        const ssize_t count = ::pwrite(fd_of(file), in, static_cast<std::size_t>(bytes), offset);
        if (count == -1 && errno == EINTR) continue;
        if (count <= 0) {
            return count == 0 || errno == ENOSPC || errno == EDQUOT ? SQLITE_FULL
                                                                    : SQLITE_IOERR_WRITE;
        }
        in += count;
        offset += count;
        bytes -= static_cast<int>(count);
    }
    return SQLITE_OK;
}

int truncate(sqlite3_file* file, sqlite3_int64 size) {
    return ::ftruncate(fd_of(file), size) == 0 ? SQLITE_OK : SQLITE_IOERR_TRUNCATE;
}

int size(sqlite3_file* file, sqlite3_int64* size) {
    struct stat info {};
    if (::fstat(fd_of(file), &info) == -1) return SQLITE_IOERR_FSTAT;
    *size = info.st_size;
    return SQLITE_OK;
}

/// Does nothing, because the owner of the descriptor syncs the file at the end.
int sync(sqlite3_file* /*file*/, int /*flags*/) {
    return SQLITE_OK;
}

int lock(sqlite3_file* /*file*/, int /*level*/) {
    return SQLITE_OK;
}

int is_reserved(sqlite3_file* /*file*/, int* result) {
    *result = 0;
    return SQLITE_OK;
}

int control(sqlite3_file* /*file*/, int /*operation*/, void* /*argument*/) {
    return SQLITE_NOTFOUND;
}

/// Returns 0, which selects SQLite's default.
int default_value(sqlite3_file* /*file*/) {
    return 0;
}

constexpr sqlite3_io_methods methods{.iVersion = 1,
                                     .xClose = close,
                                     .xRead = read,
                                     .xWrite = write,
                                     .xTruncate = truncate,
                                     .xSync = sync,
                                     .xFileSize = size,
                                     .xLock = lock,
                                     .xUnlock = lock,
                                     .xCheckReservedLock = is_reserved,
                                     .xFileControl = control,
                                     .xSectorSize = default_value,
                                     .xDeviceCharacteristics = default_value,
                                     .xShmMap = nullptr,
                                     .xShmLock = nullptr,
                                     .xShmBarrier = nullptr,
                                     .xShmUnmap = nullptr,
                                     .xFetch = nullptr,
                                     .xUnfetch = nullptr};

/// Opens the database. Refuses journals and temporary files.
int open(sqlite3_vfs* vfs, const char* /*name*/, sqlite3_file* file, int flags, int* out_flags) {
    file->pMethods = nullptr;
    if ((flags & SQLITE_OPEN_MAIN_DB) == 0) return SQLITE_CANTOPEN;
    reinterpret_cast<OpenFile*>(file)->fd = *static_cast<const int*>(vfs->pAppData);
    file->pMethods = &methods;
    if (out_flags != nullptr) *out_flags = flags;
    return SQLITE_OK;
}

int remove(sqlite3_vfs* /*vfs*/, const char* /*name*/, int /*sync*/) {
    return SQLITE_IOERR_DELETE_NOENT;
}

/// Reports that no other file exists beside the database.
int access(sqlite3_vfs* /*vfs*/, const char* /*name*/, int /*flags*/, int* result) {
    *result = 0;
    return SQLITE_OK;
}

int full_path(sqlite3_vfs* /*vfs*/, const char* name, int capacity, char* out) {
    ::sqlite3_snprintf(capacity, out, "%s", name);
    return SQLITE_OK;
}

}  // namespace

DescriptorVfs::DescriptorVfs(int fd) : fd_{fd}, vfs_{*::sqlite3_vfs_find(nullptr)} {
    vfs_.szOsFile = sizeof(OpenFile);
    vfs_.pNext = nullptr;
    vfs_.zName = name();
    vfs_.pAppData = &fd_;
    vfs_.xOpen = open;
    vfs_.xDelete = remove;
    vfs_.xAccess = access;
    vfs_.xFullPathname = full_path;
    if (::sqlite3_vfs_register(&vfs_, 0) == SQLITE_OK) return;
    throw StoreError{StoreError::Kind::failing, "cannot register the SQLite VFS"};
}

DescriptorVfs::~DescriptorVfs() {
    ::sqlite3_vfs_unregister(&vfs_);
}

}  // namespace belfry::store
