#include "gate/openssl.hpp"

#include <malloc.h>
#include <string.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <openssl/crypto.h>

namespace belfry::gate {
namespace {

/// The largest block that may hold a secret. Larger ones are the buffers of connections, which
/// OpenSSL frees after each record.
constexpr std::size_t max_secret = std::size_t{16} << 10;

void* allocate(std::size_t bytes, const char* /*file*/, int /*line*/) {
    return std::malloc(bytes);
}

void release(void* memory, const char* /*file*/, int /*line*/) {
    if (memory == nullptr) return;
    const std::size_t size = ::malloc_usable_size(memory);
    if (size <= max_secret) ::explicit_bzero(memory, size);
    std::free(memory);
}

/// Moves the memory by hand, because realloc(3) would leave the old bytes.
void* reallocate(void* memory, std::size_t bytes, const char* file, int line) {
    if (memory == nullptr) return allocate(bytes, file, line);
    const std::size_t room = ::malloc_usable_size(memory);
    if (bytes != 0 && bytes <= room) return memory;
    void* const moved = bytes == 0 ? nullptr : allocate(bytes, file, line);
    if (moved == nullptr && bytes != 0) return nullptr;
    if (moved != nullptr) std::copy_n(static_cast<char*>(memory), room, static_cast<char*>(moved));
    release(memory, file, line);
    return moved;
}

constexpr std::size_t page = 4096;

/// Overwrites the stack below the frame of the caller.
[[gnu::noinline]] void overwrite_stack() noexcept {
    std::array<char, 4 * page> used;
    ::explicit_bzero(used.data(), used.size());
}

/// Gives the pages of the stack back that lie below those that overwrite_stack() has reached. Their
/// contents are lost.
[[gnu::noinline]] void give_back_stack() noexcept {
    constexpr std::size_t most = 64 * page;
    auto* const frame = static_cast<char*>(__builtin_frame_address(0));
    char* const end = frame - reinterpret_cast<std::uintptr_t>(frame) % page - 2 * page;
    ::madvise(end - most, most, MADV_DONTNEED);
}

}  // namespace

void wipe_freed_memory() noexcept {
    ::CRYPTO_set_mem_functions(allocate, reallocate, release);
}

void wipe_stack() noexcept {
    overwrite_stack();
    give_back_stack();
}

std::string take_openssl_error() {
    const unsigned long error = ::ERR_peek_error();
    const char* const reason = error == 0 ? nullptr : ::ERR_reason_error_string(error);
    ::ERR_clear_error();
    return reason == nullptr ? "unknown error" : reason;
}

}  // namespace belfry::gate
