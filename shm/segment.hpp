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

/// What the creator decides; afterwards the segment's own geometry holds.
struct SegmentPlan {
    std::uint64_t ring_bytes = 64ULL << 20;  ///< rounded up to whole pages
    std::uint32_t max_clients = 1024;        ///< sessions that may be logged in at once
    std::uint32_t max_payload = 64U << 10;
    Durability durability = Durability::memory;
    std::string epoch;            ///< 1 to 32 hexadecimal digits
    std::string program_version;  ///< at most 31 bytes
    std::string token;            ///< at most 39 bytes; proves whose segment this is
    struct Client {
        std::string id;
        bool known = true;  ///< may log in
        std::uint64_t cursor = 0;
        std::uint64_t seq = 0;  ///< the highest accepted one
    };
    std::vector<Client> clients;
    std::uint64_t last_id = 0;       ///< ids go on behind it
    std::uint64_t last_time_ms = 0;  ///< of that message; no later one gets an earlier time
};

/// A segment of at least this size takes a multiple of it: see huge_pages.hpp.
inline constexpr std::size_t huge_page = 2 << 20;

/// Connections that have not logged in may hold as many slots as sessions may, and at least this
/// many.
inline constexpr std::uint32_t min_pending_slots = 256;

/// How many client rows a segment keeps for client-ids that are added later.
inline constexpr std::uint32_t spare_client_rows = 64;

/// The segment, mapped into this process. Movable; unmapped at the end, never removed by it.
/// The accessors are valid only for a segment that is whole (see is_whole()). Sizes and offsets are
/// copied and checked once, when it is mapped: what anybody writes there afterwards has no effect.
class Segment {
  public:
    /// Takes a mapping that holds at least a Prefix.
    explicit Segment(boost::interprocess::mapped_region region) noexcept;

    /// The bytes that a segment of that plan takes.
    [[nodiscard]] static std::size_t bytes_for(const SegmentPlan& plan);

    /// Lays out fresh, zeroed shared memory, all but the magic. By the creator.
    void initialise(const SegmentPlan& plan);

    /// Stores the magic: from here on the segment is whole. By the creator, last of all.
    void publish() const noexcept;

    /// Whether its creator got as far as publish().
    [[nodiscard]] bool is_published() const noexcept;
    /// Whether it has this program's layout.
    [[nodiscard]] bool has_our_layout() const noexcept;
    /// Whether what its prefix says of the table of processes and, with this program's layout, its
    /// geometry lie within the mapping, now and when it was mapped. Nothing but the prefix may be
    /// used of one that is not sound.
    [[nodiscard]] bool is_sound() const noexcept;
    /// Whether it is published, of this program's layout, and sound.
    [[nodiscard]] bool is_whole() const noexcept;

    [[nodiscard]] Prefix& prefix() const noexcept { return *at<Prefix>(0); }
    /// As is_sound() found them. An entry below process_count().
    [[nodiscard]] ProcessEntry& process(std::size_t entry) const noexcept;
    [[nodiscard]] std::size_t process_count() const noexcept { return processes_.count; }
    [[nodiscard]] ProcessEntry& session_process(std::uint32_t slot) const noexcept {
        return process(first_session_entry + slot);
    }
    [[nodiscard]] const Geometry& geometry() const noexcept { return geometry_; }
    [[nodiscard]] LogHeader& log() const noexcept { return *log_; }
    [[nodiscard]] ArchiverBlock& archiver() const noexcept;
    [[nodiscard]] ServerBlock& server() const noexcept;
    [[nodiscard]] SessionSlot& session(std::uint32_t slot) const noexcept;
    [[nodiscard]] ClientRow& client(std::uint32_t row) const noexcept { return clients_[row]; }

    /// Index entries. Valid to read for first_id <= id <= last_id, the position for last_id + 1
    /// too; a reader without the lock checks first_id afterwards (3).
    [[nodiscard]] std::atomic<std::uint64_t>& position(std::uint64_t id) const noexcept {
        return positions_[id & index_mask_];
    }
    [[nodiscard]] std::atomic<std::uint64_t>& seq(std::uint64_t id) const noexcept {
        return seqs_[id & index_mask_];
    }
    [[nodiscard]] std::atomic<std::uint32_t>& sender(std::uint64_t id) const noexcept {
        return senders_[id & index_mask_];
    }

    /// The byte ring.
    [[nodiscard]] std::span<char> ring() const noexcept {
        return {ring_, static_cast<std::size_t>(geometry_.ring_bytes)};
    }

    /// The newest message that sessions may show (5).
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
    /// What the prefix says of the table.
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
    ProcessTable processes_;  ///< empty: they are not sound
    // Looked up once: the hot path goes through these.
    Geometry geometry_{};
    LogHeader* log_ = nullptr;
    ClientRow* clients_ = nullptr;
    std::atomic<std::uint64_t>* positions_ = nullptr;
    std::atomic<std::uint64_t>* seqs_ = nullptr;
    std::atomic<std::uint32_t>* senders_ = nullptr;
    char* ring_ = nullptr;
    std::uint64_t index_mask_ = 0;
};

/// The text of a NUL-padded field.
[[nodiscard]] std::string_view text_in(std::span<const char> field) noexcept;

}  // namespace belfry::shm
