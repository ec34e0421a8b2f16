#include "server/huge_text.hpp"

#include "shm/huge_pages.hpp"
#include "shm/unique_fd.hpp"

#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>

namespace belfry::server {
namespace {

/// The kernel may have one of the small pages in its hands for a moment.
constexpr int most_tries = 5;

struct Text {
    std::uintptr_t begin = 0;
    std::uintptr_t end = 0;
};

/// For dl_iterate_phdr, which begins with the program itself.
int find_text(dl_phdr_info* program, std::size_t /*bytes*/, void* found) noexcept {
    for (int i = 0; i < program->dlpi_phnum; ++i) {
        const ElfW(Phdr)& segment = program->dlpi_phdr[i];
        if (segment.p_type != PT_LOAD || (segment.p_flags & PF_X) == 0) continue;
        const std::uintptr_t begin = program->dlpi_addr + segment.p_vaddr;
        *static_cast<Text*>(found) = {begin, begin + segment.p_memsz};
    }
    return 1;
}

/// A program header has numbers.
void* at(std::uintptr_t address) noexcept {
    // NOLINTNEXTLINE(performance-no-int-to-ptr)
    return reinterpret_cast<void*>(address);
}

constexpr std::uintptr_t round_up(std::uintptr_t value, std::uintptr_t unit) noexcept {
    return (value + unit - 1) / unit * unit;
}

/// Takes the addresses from the code's end to the end of its last huge page, so that what is put
/// there takes the place of nothing else. @return false: something else is there
bool take_gap(std::uintptr_t begin, std::uintptr_t end) noexcept {
    if (begin == end) return true;
    return ::mmap(at(begin), end - begin, PROT_NONE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) != MAP_FAILED;
}

/// @return the code in huge pages at an address of their own, or null
void* copy_in_huge_pages(const Text& text, std::size_t bytes) noexcept {
    const std::size_t used = text.end - text.begin;
    const shm::UniqueFd memory{::memfd_create("belfryd-text", MFD_CLOEXEC)};
    void* const room = shm::huge_page_room(bytes);
    if (!memory || room == nullptr || ::ftruncate(memory.get(), static_cast<off_t>(bytes)) != 0 ||
        ::write(memory.get(), at(text.begin), used) != static_cast<ssize_t>(used)) {
        return nullptr;
    }
    void* const copy = ::mmap(room, bytes, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED_NOREPLACE,
                              memory.get(), 0);
    if (copy == MAP_FAILED) return nullptr;
    for (int tries = 0; tries < most_tries; ++tries) {
        if (shm::collapse_into_huge_pages(copy, bytes)) return copy;
    }
    ::munmap(copy, bytes);
    return nullptr;
}

}  // namespace

void move_text_to_huge_pages() noexcept {
    Text text;
    ::dl_iterate_phdr(find_text, &text);
    const std::uintptr_t end = round_up(text.end, shm::huge_page);
    const std::size_t bytes = end - text.begin;
    const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    const std::uintptr_t gap = round_up(text.end, page);
    if (text.begin % shm::huge_page != 0 || !take_gap(gap, end)) return;
    void* const copy = copy_in_huge_pages(text, bytes);
    // From one instruction to the next the same code lies in other pages.
    if (copy != nullptr &&
        ::mremap(copy, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, at(text.begin)) != MAP_FAILED) {
        return;
    }
    if (copy != nullptr) ::munmap(copy, bytes);
    ::munmap(at(gap), end - gap);
}

}  // namespace belfry::server
