#include "server/huge_program.hpp"

#include "base/unique_fd.hpp"
#include "shm/huge_pages.hpp"

#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace belfry::server {
namespace {

/// Each try may fail because the kernel uses one of the small pages for a moment.
constexpr int max_tries = 5;

/// A segment must fill at least a quarter of its huge pages, or it stays in small ones.
constexpr std::uintptr_t min_part = 4;

/// A read-only part of the program.
struct Segment {
    std::uintptr_t begin;
    std::uintptr_t end;
    int protection;
};

/// Converts an address to a pointer. Program headers hold addresses as numbers.
void* at(std::uintptr_t address) noexcept {
    // NOLINTNEXTLINE(performance-no-int-to-ptr)
    return reinterpret_cast<void*>(address);
}

constexpr std::uintptr_t round_up(std::uintptr_t value, std::uintptr_t unit) noexcept {
    return (value + unit - 1) / unit * unit;
}

/// Reserves the addresses from a segment's end to the end of its last huge page, so that the huge
/// page replaces no other mapping. @return false if something else is mapped there
bool take_gap(std::uintptr_t begin, std::uintptr_t end) noexcept {
    if (begin == end) return true;
    return ::mmap(at(begin), end - begin, PROT_NONE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) != MAP_FAILED;
}

/// Copies a segment into huge pages at another address. @return the copy, or null
void* copy_in_huge_pages(const Segment& segment, std::size_t bytes) noexcept {
    const std::size_t used = segment.end - segment.begin;
    const base::UniqueFd memory{::memfd_create("belfryd", MFD_CLOEXEC)};
    void* const room = shm::huge_page_room(bytes);
    if (!memory || room == nullptr || ::ftruncate(memory.get(), static_cast<off_t>(bytes)) != 0 ||
        ::write(memory.get(), at(segment.begin), used) != static_cast<ssize_t>(used)) {
        return nullptr;
    }
    void* const copy =
        ::mmap(room, bytes, segment.protection, MAP_PRIVATE | MAP_FIXED_NOREPLACE, memory.get(), 0);
    if (copy == MAP_FAILED) return nullptr;
    for (int tries = 0; tries < max_tries; ++tries) {
        if (shm::collapse_into_huge_pages(copy, bytes)) return copy;
    }
    ::munmap(copy, bytes);
    return nullptr;
}

void move_to_huge_pages(const Segment& segment) noexcept {
    const std::uintptr_t end = round_up(segment.end, shm::huge_page);
    const std::size_t bytes = end - segment.begin;
    const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    const std::uintptr_t gap = round_up(segment.end, page);
    if (segment.begin % shm::huge_page != 0 || segment.end - segment.begin < bytes / min_part ||
        !take_gap(gap, end)) {
        return;
    }
    void* const copy = copy_in_huge_pages(segment, bytes);
    // This replaces the pages of the running code in one step. The bytes are the same.
    if (copy != nullptr && ::mremap(copy, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED,
                                    at(segment.begin)) != MAP_FAILED) {
        return;
    }
    if (copy != nullptr) ::munmap(copy, bytes);
    ::munmap(at(gap), end - gap);
}

/// Moves the read-only segments. dl_iterate_phdr() calls it for the program itself first, and the
/// result 1 ends the iteration there.
int move_segments(dl_phdr_info* program, std::size_t /*bytes*/, void* /*unused*/) noexcept {
    for (int i = 0; i < program->dlpi_phnum; ++i) {
        const ElfW(Phdr)& header = program->dlpi_phdr[i];
        if (header.p_type != PT_LOAD || (header.p_flags & PF_W) != 0) continue;
        const std::uintptr_t begin = program->dlpi_addr + header.p_vaddr;
        const int protection = PROT_READ | ((header.p_flags & PF_X) != 0 ? PROT_EXEC : 0);
        move_to_huge_pages({begin, begin + header.p_memsz, protection});
    }
    return 1;
}

bool is_turned_off() noexcept {
    const char* const value = std::getenv("BELFRY_HUGE_PROGRAM");
    return value != nullptr && std::string_view{value} == "off";
}

}  // namespace

void move_program_to_huge_pages() noexcept {
    if (is_turned_off()) return;
    ::dl_iterate_phdr(move_segments, nullptr);
}

}  // namespace belfry::server
