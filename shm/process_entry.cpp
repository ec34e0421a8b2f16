#include "shm/process_entry.hpp"

#include "shm/segment.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace belfry::shm {
namespace {

/// Returns the next generation, without a claimant. It is never 0, because 0 stands for no session
/// in a ClientRow.
std::uint64_t raised(std::uint64_t word) noexcept {
    const std::uint32_t next = unpack(word).high + 1;
    return pack(Halves{next != 0 ? next : 1, 0});
}

using Words = std::array<std::uint64_t, std::extent_v<decltype(ProcessEntry::version)>>;

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
    // If the child dies before this store, the start time is 0, and an adopting supervisor takes
    // the entry back.
    entry.start_time.store(base::start_time_of(pid).value_or(0), std::memory_order_release);
    return true;
}

bool revoke_unclaimed(ProcessEntry& entry) noexcept {
    std::uint64_t old = entry.word.load();
    return unpack(old).low == 0 && entry.word.compare_exchange_strong(old, raised(old));
}

void enter(ProcessEntry& entry, pid_t pid) noexcept {
    // If the supervisor dies before the last store, the entry names nobody.
    const std::uint32_t generation = raise_generation(entry);
    entry.start_time.store(base::start_time_of(pid).value_or(0), std::memory_order_release);
    entry.word.store(pack(Halves{generation, static_cast<std::uint32_t>(pid)}));
}

std::optional<base::ProcessId> process_in(const ProcessEntry& entry) noexcept {
    const auto pid = static_cast<pid_t>(unpack(entry.word.load()).low);
    if (pid == 0) return {};
    return base::ProcessId{pid, entry.start_time.load(std::memory_order_acquire)};
}

Claimant open_named(const ProcessEntry& entry) noexcept {
    const auto process = process_in(entry);
    if (!process) return {};
    return {process->pid, base::open_process(*process)};
}

Claimant open_claimant(ProcessEntry& entry) noexcept {
    return revoke_unclaimed(entry) ? Claimant{} : open_named(entry);
}

void set_version(ProcessEntry& entry, std::string_view version) noexcept {
    Words words{};
    std::memcpy(words.data(), version.data(), std::min(version.size(), sizeof words));
    for (std::size_t at = 0; at < words.size(); ++at) {
        entry.version[at].store(words[at], std::memory_order_relaxed);
    }
}

std::string version_in(const ProcessEntry& entry) {
    Words words{};
    for (std::size_t at = 0; at < words.size(); ++at) {
        words[at] = entry.version[at].load(std::memory_order_relaxed);
    }
    const auto text = std::bit_cast<std::array<char, sizeof(Words)>>(words);
    return std::string{text_in(text)};
}

}  // namespace belfry::shm
