#include "tests/support/fault_control.hpp"
#include "tests/support/faults/faulty_file.hpp"
#include "tests/support/faults/forward.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <sqlite3.h>
#include <utility>

/// A library to be preloaded into a program that uses SQLite. If $BELFRY_FAULTS names the file of a
/// FaultControl, all databases of the program lie on a disk that fails as the control says, and its
/// wall clock is set as the control says. Forked children inherit this. If the variable is not set,
/// the library does nothing.
///
/// SQLite is initialised before main(), so the program can no longer call sqlite3_config().
namespace belfry::test::faults {
namespace {

/// Set once, before main().
sqlite3_vfs* real_vfs = nullptr;
FaultControl* control = nullptr;

/// Ends the program, because a test that expects faults would prove nothing without them.
[[noreturn]] void give_up(const char* what) {
    std::perror(what);
    std::abort();
}

FaultControl* map_control(const char* path) {
    const int file = ::open(path, O_RDWR | O_CLOEXEC);
    struct stat status {};
    if (file < 0 || ::fstat(file, &status) != 0) give_up(path);
    if (status.st_size != sizeof(FaultControl)) {
        give_up("the file in BELFRY_FAULTS is not a FaultControl");
    }
    void* memory =
        ::mmap(nullptr, sizeof(FaultControl), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (memory == MAP_FAILED) give_up(path);
    ::close(file);
    return static_cast<FaultControl*>(memory);
}

int open(sqlite3_vfs*, const char* name, sqlite3_file* memory, int flags, int* out_flags) {
    FaultyFile& file = make_file(memory, *control, flags);
    const int result = real_vfs->xOpen(real_vfs, name, file.real(), flags, out_flags);
    // SQLite closes every file that has methods, also if opening it has failed.
    if (file.real()->pMethods != nullptr) stand_before_real_file(file);
    return result;
}

std::pair<const sqlite3_vfs*, sqlite3_vfs*> behind(sqlite3_vfs*) {
    return {real_vfs, real_vfs};
}

sqlite3_vfs faulty_version_of(sqlite3_vfs vfs) {
    using V = sqlite3_vfs;
    forward<behind, &V::xDelete, &V::xAccess, &V::xFullPathname, &V::xDlOpen, &V::xDlError,
            &V::xDlSym, &V::xDlClose, &V::xRandomness, &V::xSleep, &V::xCurrentTime,
            &V::xGetLastError>(vfs);
    if (vfs.iVersion >= 2) forward<behind, &V::xCurrentTimeInt64>(vfs);
    if (vfs.iVersion >= 3) {
        forward<behind, &V::xSetSystemCall, &V::xGetSystemCall, &V::xNextSystemCall>(vfs);
    }
    vfs.xOpen = open;
    vfs.szOsFile += static_cast<int>(sizeof(FaultyFile));
    vfs.zName = "faulty";
    vfs.pNext = nullptr;
    return vfs;
}

[[gnu::constructor]] void stand_before_default_vfs() {
    const char* path = std::getenv("BELFRY_FAULTS");
    if (path == nullptr) return;
    control = map_control(path);
    if (sqlite3_initialize() != SQLITE_OK) give_up("sqlite3_initialize");
    real_vfs = sqlite3_vfs_find(nullptr);
    static sqlite3_vfs faulty_vfs = faulty_version_of(*real_vfs);
    if (sqlite3_vfs_register(&faulty_vfs, 1) != SQLITE_OK) give_up("sqlite3_vfs_register");
}

}  // namespace
}  // namespace belfry::test::faults

/// Replaces the function of the C library.
extern "C" [[gnu::visibility("default")]] int clock_gettime(clockid_t clock,
                                                            timespec* time) noexcept {
    constexpr std::int64_t ms_per_s = 1000;
    constexpr std::int64_t ns_per_ms = 1'000'000;
    const long result = ::syscall(SYS_clock_gettime, clock, time);
    const auto* control = belfry::test::faults::control;
    if (result != 0 || clock != CLOCK_REALTIME || control == nullptr) {
        return static_cast<int>(result);
    }
    const std::int64_t ms =
        time->tv_sec * ms_per_s + time->tv_nsec / ns_per_ms + control->clock_shift;
    time->tv_sec = ms / ms_per_s;
    time->tv_nsec = ms % ms_per_s * ns_per_ms + time->tv_nsec % ns_per_ms;
    return 0;
}
