#pragma once

#include <atomic>
#include <cstddef>
#include <cstring>

/// The memory barriers of the byte ring and of the client table, and the one deliberate data race.
///
/// ThreadSanitizer does not model fences, and g++ rejects them with it. In that mode order_stores()
/// and order_loads() only order the compiler, which is enough on x86, where stores are not
/// reordered with stores and loads not with loads.
namespace belfry::shm {

/// Makes earlier stores visible before later stores (3: first_id, then the bytes).
inline void order_stores() noexcept {
#ifdef __SANITIZE_THREAD__
    std::atomic_signal_fence(std::memory_order_release);
#else
    std::atomic_thread_fence(std::memory_order_release);
#endif
}

/// Completes earlier loads before later loads (3: the bytes, then first_id).
inline void order_loads() noexcept {
#ifdef __SANITIZE_THREAD__
    std::atomic_signal_fence(std::memory_order_acquire);
#else
    std::atomic_thread_fence(std::memory_order_acquire);
#endif
}

/// Orders earlier stores before later loads. If two processes each store something and then load
/// what the other one stores, at least one of them sees the other's store.
inline void order_store_and_load() noexcept {
#ifdef __SANITIZE_THREAD__
    std::atomic<int> any{0};
    any.exchange(1, std::memory_order_seq_cst);  // a full fence on x86
#else
    std::atomic_thread_fence(std::memory_order_seq_cst);
#endif
}

#ifdef __SANITIZE_THREAD__
extern "C" void AnnotateIgnoreReadsBegin(const char* file, int line);
extern "C" void AnnotateIgnoreReadsEnd(const char* file, int line);
#endif

/// Copies bytes that a writer may be overwriting. The copy must not be used until first_id has been
/// checked after order_loads().
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
