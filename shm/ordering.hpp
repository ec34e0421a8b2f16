#pragma once

#include <atomic>
#include <cstddef>
#include <cstring>

/// The barriers of the byte ring and of the client table, and the one deliberate race.
///
/// ThreadSanitizer does not model fences, and g++ refuses them beside it; there they order the
/// compiler alone, which is all that x86 needs: it keeps stores in order, and loads in order.
namespace belfry::shm {

/// What was stored before is seen before what is stored after (3: first_id, then the bytes).
inline void order_stores() noexcept {
#ifdef __SANITIZE_THREAD__
    std::atomic_signal_fence(std::memory_order_release);
#else
    std::atomic_thread_fence(std::memory_order_release);
#endif
}

/// What was loaded before is older than what is loaded after (3: the bytes, then first_id).
inline void order_loads() noexcept {
#ifdef __SANITIZE_THREAD__
    std::atomic_signal_fence(std::memory_order_acquire);
#else
    std::atomic_thread_fence(std::memory_order_acquire);
#endif
}

/// What was stored before is seen by whoever does not see what is loaded after: of two who each
/// store and then look at what the other stores, one at least sees it.
inline void order_store_and_load() noexcept {
#ifdef __SANITIZE_THREAD__
    std::atomic<int> any{0};
    any.exchange(1, std::memory_order_seq_cst);  // which is a fence too, on x86
#else
    std::atomic_thread_fence(std::memory_order_seq_cst);
#endif
}

#ifdef __SANITIZE_THREAD__
extern "C" void AnnotateIgnoreReadsBegin(const char* file, int line);
extern "C" void AnnotateIgnoreReadsEnd(const char* file, int line);
#endif

/// Copies bytes that a writer may be overwriting. The copy means nothing until first_id has been
/// checked behind order_loads().
inline void copy_unchecked(char* to, const char* from, std::size_t count) noexcept {
#ifdef __SANITIZE_THREAD__
    AnnotateIgnoreReadsBegin(__FILE__, __LINE__);
    std::memcpy(to, from, count);
    AnnotateIgnoreReadsEnd(__FILE__, __LINE__);
#else
    std::memcpy(to, from, count);
#endif
}

}  // namespace belfry::shm
