#pragma once

#include "shm/layout.hpp"

#include <boost/interprocess/mapped_region.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace belfry::shm {

/// Everything that the creator of a segment decides. The segment's own geometry is authoritative
/// afterwards.
struct SegmentPlan {
    std::uint64_t ring_bytes = 64ULL << 20;  ///< rounded up to a multiple of the page size
    std::uint32_t max_clients = 1024;        ///< limit of sessions that are logged in
    std::uint32_t max_payload = 64U << 10;
    Durability durability = Durability::memory;
    std::string epoch;            ///< 1 to 32 hexadecimal digits
    std::string program_version;  ///< at most 31 bytes
    std::string token;            ///< at most 39 bytes; proves to whom the segment belongs
    struct Client {
        std::string id;
        bool known = true;  ///< whether it may log in
        std::uint64_t cursor = 0;
        std::uint64_t seq = 0;  ///< the highest accepted seq
    };
    std::vector<Client> clients;
    /// A node of a cluster. It needs a store.
    struct Cluster {
        std::string name;                         ///< of the cluster; at most 63 bytes
        std::string node;                         ///< of this node; at most 63 bytes
        std::uint64_t incarnation = 0;            ///< random
        std::uint64_t outbox_bytes = 4ULL << 20;  ///< raised to four times max_payload
    };
    std::optional<Cluster> cluster;
    std::uint64_t last_id = 0;       ///< the next message gets the id after it
    std::uint64_t last_time_ms = 0;  ///< of message last_id; no later message gets an earlier time
};

/// Size of a huge page in bytes. A segment that is larger gets a multiple of it: see
/// huge_pages.hpp.
inline constexpr std::size_t huge_page = 2 << 20;

/// Minimum number of slots for connections that have not logged in. They get max_clients slots, but
/// at least this many.
inline constexpr std::uint32_t min_pending_slots = 256;

/// Number of client rows that a segment reserves for client-ids that are added later.
inline constexpr std::uint32_t spare_client_rows = 64;

/// The segment, mapped into this process. The destructor unmaps it and never removes it. The
/// accessors are valid only if is_whole(). Sizes and offsets are copied and checked once, when the
/// segment is mapped, so that writing to them afterwards has no effect.
class Segment {
  public:
    /// Takes over a mapping that holds at least a Prefix.
    explicit Segment(boost::interprocess::mapped_region region) noexcept;

    /// Returns the size in bytes of a segment of that plan.
    [[nodiscard]] static std::size_t bytes_for(const SegmentPlan& plan);

    /// Lays out new, zeroed shared memory, except for the magic. Only the creator calls it.
    void initialise(const SegmentPlan& plan);

    /// Stores the magic, which makes the segment whole. The creator calls it last of all.
    void publish() const noexcept;

    /// Tells whether the creator has called publish().
    [[nodiscard]] bool is_published() const noexcept;
    /// Tells whether the segment has this program's layout.
    [[nodiscard]] bool has_our_layout() const noexcept;
    /// Tells whether the table of processes and, with this program's layout, all parts of the
    /// geometry lie within the mapping, both now and when it was mapped. Only the prefix of an
    /// unsound segment may be used.
    [[nodiscard]] bool is_sound() const noexcept;
    /// Tells whether the segment is published, of this program's layout, and sound.
    [[nodiscard]] bool is_whole() const noexcept;

    [[nodiscard]] Prefix& prefix() const noexcept { return *at<Prefix>(0); }
    /// Returns an entry of the table of processes. `entry` must be below process_count().
    [[nodiscard]] ProcessEntry& process(std::size_t entry) const noexcept;
    [[nodiscard]] std::size_t process_count() const noexcept { return processes_.count; }
    [[nodiscard]] ProcessEntry& session_process(std::uint32_t slot) const noexcept {
        return process(first_session_entry + slot);
    }
    /// Returns the entry of the gate. The segment must have this program's layout.
    [[nodiscard]] ProcessEntry& gate_process() const noexcept {
        return process(process_count() - 1);
    }
    [[nodiscard]] const Geometry& geometry() const noexcept { return geometry_; }
    [[nodiscard]] LogHeader& log() const noexcept { return *log_; }
    [[nodiscard]] ArchiverBlock& archiver() const noexcept;
    [[nodiscard]] ServerBlock& server() const noexcept;
    [[nodiscard]] SessionSlot& session(std::uint32_t slot) const noexcept;
    [[nodiscard]] ClientRow& client(std::uint32_t row) const noexcept { return clients_[row]; }

    /// Returns the index entry of a record. It is valid for first_id <= id <= last_id; the position
    /// is valid for last_id + 1 too. A reader without the lock checks first_id afterwards (3).
    [[nodiscard]] std::atomic<std::uint64_t>& position(std::uint64_t id) const noexcept {
        return positions_[id & index_mask_];
    }
    [[nodiscard]] std::atomic<std::uint64_t>& seq(std::uint64_t id) const noexcept {
        return seqs_[id & index_mask_];
    }
    [[nodiscard]] std::atomic<std::uint32_t>& sender(std::uint64_t id) const noexcept {
        return senders_[id & index_mask_];
    }

    /// Tells whether the segment is that of a node of a cluster.
    [[nodiscard]] bool is_in_cluster() const noexcept { return geometry_.outbox_bytes != 0; }
    [[nodiscard]] ClusterBlock& cluster() const noexcept;
    [[nodiscard]] OutboxHeader& outbox() const noexcept { return cluster().outbox; }
    /// Returns the bytes of the outbox; none without a cluster.
    [[nodiscard]] std::span<char> outbox_ring() const noexcept;

    /// Returns the byte ring.
    [[nodiscard]] std::span<char> ring() const noexcept {
        return {ring_, static_cast<std::size_t>(geometry_.ring_bytes)};
    }

    /// Returns the id of the newest message that sessions may show (5).
    [[nodiscard]] std::uint64_t visible() const noexcept;

    [[nodiscard]] Durability durability() const noexcept {
        return static_cast<Durability>(prefix().durability.load(std::memory_order_relaxed));
    }
    [[nodiscard]] bool has_store() const noexcept { return durability() != Durability::memory; }
    [[nodiscard]] StoreState store_state() const noexcept {
        return static_cast<StoreState>(archiver().store_state.load(std::memory_order_acquire));
    }
    void set_store_state(StoreState state) const noexcept {
        archiver().store_state.store(static_cast<std::uint32_t>(state), std::memory_order_release);
    }
    void set_stop(StopWord word) const noexcept {
        prefix().stop.store(static_cast<std::uint32_t>(word));
    }
    [[nodiscard]] StopWord stop_word() const noexcept {
        return static_cast<StopWord>(prefix().stop.load());
    }
    [[nodiscard]] std::string_view epoch() const noexcept;

  private:
    template <class T>
    [[nodiscard]] T* at(std::uint64_t offset) const noexcept {
        return reinterpret_cast<T*>(static_cast<char*>(region_.get_address()) + offset);
    }
    /// Place and size of the table of processes, from the prefix.
    struct ProcessTable {
        std::uint64_t offset = 0;
        std::uint32_t count = 0;
        std::uint32_t stride = 0;
    };
    [[nodiscard]] std::optional<ProcessTable> sound_processes() const noexcept;
    [[nodiscard]] std::optional<Geometry> sound_geometry(
        const ProcessTable& processes) const noexcept;
    void find_parts(const ProcessTable& processes, const Geometry& geometry) noexcept;

    boost::interprocess::mapped_region region_;
    ProcessTable processes_;  ///< empty if unsound
    // Looked up once, for the hot path.
    Geometry geometry_{};
    LogHeader* log_ = nullptr;
    ClientRow* clients_ = nullptr;
    std::atomic<std::uint64_t>* positions_ = nullptr;
    std::atomic<std::uint64_t>* seqs_ = nullptr;
    std::atomic<std::uint32_t>* senders_ = nullptr;
    char* ring_ = nullptr;
    std::uint64_t index_mask_ = 0;
};

/// Returns the text of a NUL-padded field.
[[nodiscard]] std::string_view text_in(std::span<const char> field) noexcept;

/// Returns what a SharedText holds at present.
[[nodiscard]] std::string shared_text(std::span<const std::atomic<std::uint64_t>> field);

/// Replaces a SharedText. What does not fit is left out.
void set_shared_text(std::span<std::atomic<std::uint64_t>> field, std::string_view text) noexcept;

}  // namespace belfry::shm
