#include "tests/support/faulty_disk.hpp"

#include "base/unique_fd.hpp"
#include "tests/support/deadline.hpp"
#include "tests/support/failure.hpp"
#include "tests/support/proc.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <new>
#include <string>

namespace belfry::test {
namespace {

FaultControl* create_control(const std::filesystem::path& path) {
    const base::UniqueFd file{::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
    if (!file || ::ftruncate(file.get(), sizeof(FaultControl)) != 0) {
        throw system_failure(path.string());
    }
    void* memory =
        ::mmap(nullptr, sizeof(FaultControl), PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
    if (memory == MAP_FAILED) throw system_failure("mmap");
    return new (memory) FaultControl{};
}

/// Returns this process's value of the variable with one more entry at its end.
std::pair<std::string, std::string> extended(const char* variable, const std::string& entry) {
    const char* ours = std::getenv(variable);
    const std::string before = ours == nullptr || *ours == '\0' ? "" : std::string{ours} + ":";
    return {variable, before + entry};
}

std::filesystem::path with_suffix(std::filesystem::path path, const char* suffix) {
    return path += suffix;
}

}  // namespace

FaultyDisk::FaultyDisk() : control_{create_control(control_file())} {}

FaultyDisk::~FaultyDisk() {
    ::munmap(control_, sizeof(FaultControl));
}

Environment FaultyDisk::environment() const {
    // In a program that is built with it, AddressSanitizer must be the first library, and refuses
    // to start after a preloaded one.
    return {extended("LD_PRELOAD", beside_test_program("faulty_vfs.so").string()),
            {"BELFRY_FAULTS", control_file().string()},
            extended("ASAN_OPTIONS", "verify_asan_link_order=0")};
}

void FaultyDisk::mend() {
    control_->io_error = 0;
    control_->sync_error = 0;
    control_->read_error = 0;
}

void FaultyDisk::release_syncs() {
    control_->hold_syncs = 0;
    const bool all_went_on = eventually([this] {
        const pid_t waiting = control_->waiting_pid;
        return waiting == 0 || !is_alive(waiting);
    });
    if (!all_went_on) throw Failure("a released sync does not continue");
}

pid_t FaultyDisk::wait_for_held_sync(pid_t other_than) const {
    pid_t waiting = 0;
    const bool is_held = eventually([&] {
        waiting = control_->waiting_pid;
        return waiting != 0 && waiting != other_than && is_alive(waiting);
    });
    if (!is_held) throw Failure("no process waits in a held sync");
    return waiting;
}

void FaultyDisk::lose_what_was_not_synced(const std::filesystem::path& database) const {
    // The index of the WAL is never synced, since SQLite rebuilds it from the WAL.
    std::filesystem::remove(with_suffix(database, "-shm"));
    const auto wal = with_suffix(database, "-wal");
    const std::uint64_t kept_bytes = control_->wal_synced_bytes;
    if (!std::filesystem::exists(wal) || std::filesystem::file_size(wal) <= kept_bytes) return;
    std::filesystem::resize_file(wal, kept_bytes);
}

}  // namespace belfry::test
