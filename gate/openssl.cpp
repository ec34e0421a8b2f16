#include "gate/openssl.hpp"

#include <malloc.h>
#include <string.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <openssl/crypto.h>

namespace belfry::gate {
namespace {

void* allocate(std::size_t bytes, const char* /*file*/, int /*line*/) {
    return std::malloc(bytes);
}

void release(void* memory, const char* /*file*/, int /*line*/) {
    if (memory == nullptr) return;
    ::explicit_bzero(memory, ::malloc_usable_size(memory));
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

}  // namespace

void wipe_freed_memory() noexcept {
    ::CRYPTO_set_mem_functions(allocate, reallocate, release);
}

[[gnu::noinline]] void wipe_stack() noexcept {
    std::array<char, std::size_t{64} << 10> used;
    ::explicit_bzero(used.data(), used.size());
}

std::string take_openssl_error() {
    const unsigned long error = ::ERR_peek_error();
    const char* const reason = error == 0 ? nullptr : ::ERR_reason_error_string(error);
    ::ERR_clear_error();
    return reason == nullptr ? "unknown error" : reason;
}

}  // namespace belfry::gate
