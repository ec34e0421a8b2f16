#include "shm/process_entry.hpp"

#include <unistd.h>

namespace belfry::shm {
namespace {

/// The next generation, without a claimant. Never 0, which means: nobody.
std::uint64_t raised(std::uint64_t word) noexcept {
    const std::uint32_t next = unpack(word).high + 1;
    return pack(Halves{next != 0 ? next : 1, 0});
}

}  // namespace

std::uint32_t raise_generation(ProcessEntry& entry) noexcept {
    std::uint64_t old = entry.word.load();
    while (!entry.word.compare_exchange_weak(old, raised(old))) {
    }
    entry.start_time.store(0, std::memory_order_release);
    return unpack(raised(old)).high;
}

bool claim(ProcessEntry& entry, std::uint32_t generation) noexcept {
    const pid_t pid = ::getpid();
    std::uint64_t unclaimed = pack(Halves{generation, 0});
    const std::uint64_t claimed = pack(Halves{generation, static_cast<std::uint32_t>(pid)});
    if (!entry.word.compare_exchange_strong(unclaimed, claimed)) return false;
    // A death before this store leaves start time 0: an adopting supervisor takes the entry back.
    entry.start_time.store(start_time_of(pid).value_or(0), std::memory_order_release);
    return true;
}

bool revoke_unclaimed(ProcessEntry& entry) noexcept {
    std::uint64_t old = entry.word.load();
    return unpack(old).low == 0 && entry.word.compare_exchange_strong(old, raised(old));
}

std::optional<ProcessId> process_in(const ProcessEntry& entry) noexcept {
    const auto pid = static_cast<pid_t>(unpack(entry.word.load()).low);
    if (pid == 0) return {};
    return ProcessId{pid, entry.start_time.load(std::memory_order_acquire)};
}

Claimant open_named(const ProcessEntry& entry) noexcept {
    const auto process = process_in(entry);
    if (!process) return {};
    return {process->pid, open_process(*process)};
}

Claimant open_claimant(ProcessEntry& entry) noexcept {
    return revoke_unclaimed(entry) ? Claimant{} : open_named(entry);
}

}  // namespace belfry::shm
