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

struct Range {
    std::uintptr_t begin = 0;
    std::uintptr_t end = 0;
};

/// What the program's own segments take, and its code the part between them.
struct Program {
    Range text;
    std::uintptr_t behind_text = UINTPTR_MAX;  ///< where the next segment begins
};

/// For dl_iterate_phdr, which begins with the program itself.
int find_text(dl_phdr_info* info, std::size_t /*bytes*/, void* found) noexcept {
    auto& program = *static_cast<Program*>(found);
    for (int i = 0; i < info->dlpi_phnum; ++i) {
        const ElfW(Phdr)& segment = info->dlpi_phdr[i];
        if (segment.p_type != PT_LOAD) continue;
        const std::uintptr_t begin = info->dlpi_addr + segment.p_vaddr;
        if ((segment.p_flags & PF_X) != 0) {
            program.text = {begin, begin + segment.p_memsz};
        } else if (program.text.end != 0) {
            program.behind_text = begin;
            break;
        }
    }
    return 1;
}

/// @return the code in huge pages at an address of their own, or null
void* copy_in_huge_pages(const Range& text, std::size_t bytes) noexcept {
    const std::size_t used = text.end - text.begin;
    const auto* const code = reinterpret_cast<const void*>(text.begin);
    const shm::UniqueFd memory{::memfd_create("belfryd-text", MFD_CLOEXEC)};
    void* const room = shm::huge_page_room(bytes);
    if (!memory || room == nullptr || ::ftruncate(memory.get(), static_cast<off_t>(bytes)) != 0 ||
        ::write(memory.get(), code, used) != static_cast<ssize_t>(used)) {
        return nullptr;
    }
    void* const copy = ::mmap(room, bytes, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED_NOREPLACE,
                              memory.get(), 0);
    if (copy == MAP_FAILED) return nullptr;
    if (shm::collapse_into_huge_pages(copy, bytes)) return copy;
    ::munmap(copy, bytes);
    return nullptr;
}

}  // namespace

void move_text_to_huge_pages() noexcept {
    Program program;
    ::dl_iterate_phdr(find_text, &program);
    const Range& text = program.text;
    const std::size_t bytes =
        (text.end - text.begin + shm::huge_page - 1) / shm::huge_page * shm::huge_page;
    if (text.begin % shm::huge_page != 0 || program.behind_text < text.begin + bytes) return;
    void* const copy = copy_in_huge_pages(text, bytes);
    if (copy == nullptr) return;
    // From one instruction to the next the same code lies in other pages.
    ::mremap(copy, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED,
             reinterpret_cast<void*>(text.begin));
}

}  // namespace belfry::server
