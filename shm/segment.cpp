#include "shm/segment.hpp"

#include "base/clock.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstring>
#include <new>

namespace belfry::shm {
namespace {

constexpr std::uint64_t page = 4096;

/// A record with a payload of 64 bytes takes about a hundred bytes. With an index entry for every
/// 64 bytes of the ring, the index limits the log only if payloads are tiny.
constexpr std::uint64_t ring_bytes_per_index_entry = 64;

constexpr std::uint64_t round_up(std::uint64_t value, std::uint64_t unit) {
    return (value + unit - 1) / unit * unit;
}

/// Allots contiguous parts of the segment.
class Planner {
  public:
    std::uint64_t take(std::uint64_t bytes, std::uint64_t alignment = cache_line) {
        const std::uint64_t start = round_up(end_, alignment);
        end_ = start + bytes;
        return start;
    }
    [[nodiscard]] std::uint64_t end() const {
        return round_up(end_, end_ < huge_page ? page : huge_page);
    }

  private:
    std::uint64_t end_ = 0;
};

/// Returns the number of entries in the table of processes. The last one is the gate's.
constexpr std::uint64_t process_entries(std::uint32_t session_slots) noexcept {
    return first_session_entry + std::uint64_t{session_slots} + 1;
}

struct Offsets {
    std::uint64_t processes_offset;
    std::uint64_t body_offset;
    std::uint64_t segment_bytes;
    Geometry geometry;
};

/// The outbox holds at least four of the largest messages, so that one of them fits while the
/// replica publishes another.
std::uint64_t outbox_bytes(const SegmentPlan& plan) {
    return round_up(
        std::max(plan.cluster->outbox_bytes, 4 * (std::uint64_t{plan.max_payload} + page)), page);
}

Geometry sizes_for(const SegmentPlan& plan) {
    Geometry g{};
    g.ring_bytes = round_up(plan.ring_bytes, page);
    g.index_entries = std::bit_ceil(g.ring_bytes / ring_bytes_per_index_entry);
    g.session_slots = plan.max_clients + std::max(plan.max_clients, min_pending_slots);
    g.client_rows = static_cast<std::uint32_t>(plan.clients.size()) + spare_client_rows;
    g.max_payload = plan.max_payload;
    g.max_clients = plan.max_clients;
    if (plan.cluster) g.outbox_bytes = outbox_bytes(plan);
    return g;
}

/// Returns the offsets of parts with these sizes. The offsets in `sizes` are ignored.
Offsets place_parts(const Geometry& sizes) {
    Offsets layout{};
    layout.geometry = sizes;
    Geometry& g = layout.geometry;
    Planner planner;
    planner.take(sizeof(Prefix));
    layout.processes_offset = planner.take(sizeof(ProcessEntry) * process_entries(g.session_slots));
    layout.body_offset = planner.take(sizeof(Geometry));
    g.log_offset = planner.take(sizeof(LogHeader));
    g.archiver_offset = planner.take(sizeof(ArchiverBlock));
    g.server_offset = planner.take(sizeof(ServerBlock));
    g.cluster_offset = planner.take(sizeof(ClusterBlock));
    g.sessions_offset = planner.take(sizeof(SessionSlot) * g.session_slots);
    g.clients_offset = planner.take(sizeof(ClientRow) * g.client_rows);
    g.positions_offset = planner.take(sizeof(std::uint64_t) * g.index_entries, page);
    g.seqs_offset = planner.take(sizeof(std::uint64_t) * g.index_entries, page);
    g.senders_offset = planner.take(sizeof(std::uint32_t) * g.index_entries, page);
    g.ring_offset = planner.take(g.ring_bytes, page);
    g.outbox_offset = planner.take(g.outbox_bytes, page);
    layout.segment_bytes = planner.end();
    return layout;
}

Offsets lay_out(const SegmentPlan& plan) {
    return place_parts(sizes_for(plan));
}

/// Tells whether sums of these sizes cannot overflow, and code that trusts them stays in bounds.
bool are_sound_sizes(const Geometry& g, std::uint64_t segment_bytes) {
    return g.ring_bytes > 0 && g.ring_bytes <= segment_bytes && g.index_entries <= segment_bytes &&
           std::has_single_bit(g.index_entries) && g.max_payload <= g.ring_bytes &&
           g.max_clients <= g.session_slots && g.outbox_bytes <= segment_bytes;
}

/// Compares offsets that were read with those that follow from the sizes.
bool are_equal(const Geometry& one, const Geometry& other) {
    static_assert(std::has_unique_object_representations_v<Geometry>);
    return std::memcmp(&one, &other, sizeof one) == 0;
}

/// Copies a value out of the segment, so that it cannot change after it was checked. The fence
/// keeps the compiler from reading the segment again instead.
template <class T>
T fixed_copy(const T& shared) {
    const T copy = shared;
    std::atomic_signal_fence(std::memory_order_seq_cst);
    return copy;
}

void put_text(std::span<char> field, std::string_view text) {
    std::copy_n(text.data(), std::min(text.size(), field.size()), field.data());
}

void fill(ClientRow& row, const SegmentPlan::Client& client) {
    put_text(row.name, client.id);
    row.known.store(client.known ? 1 : 0, std::memory_order_relaxed);
    row.last_seq.store(client.seq, std::memory_order_relaxed);
    row.stored_seq.store(client.seq, std::memory_order_relaxed);
    row.cursor.store(pack(Cursor{0, std::min(client.cursor, max_id)}), std::memory_order_relaxed);
}

}  // namespace

Segment::Segment(boost::interprocess::mapped_region region) noexcept : region_{std::move(region)} {
    const auto processes = sound_processes();
    if (!processes) return;
    processes_ = *processes;
    if (!is_published() || !has_our_layout()) return;
    if (const auto geometry = sound_geometry(*processes)) find_parts(*processes, *geometry);
}

std::size_t Segment::bytes_for(const SegmentPlan& plan) {
    return lay_out(plan).segment_bytes;
}

void Segment::initialise(const SegmentPlan& plan) {
    const Offsets layout = lay_out(plan);
    Prefix& head = *new (at<void>(0)) Prefix{};
    put_text(head.token, plan.token);
    head.layout_version = layout_version;
    head.durability.store(static_cast<std::uint32_t>(plan.durability), std::memory_order_relaxed);
    head.segment_bytes = layout.segment_bytes;
    put_text(head.program_version, plan.program_version);
    put_text(head.epoch, plan.epoch);
    head.processes_offset = layout.processes_offset;
    head.processes_count =
        static_cast<std::uint32_t>(process_entries(layout.geometry.session_slots));
    head.processes_stride = sizeof(ProcessEntry);
    head.body_offset = layout.body_offset;
    Geometry& geometry = *new (at<void>(layout.body_offset)) Geometry{layout.geometry};
    geometry.created_ms = base::unix_ms();
    find_parts({head.processes_offset, head.processes_count, head.processes_stride}, geometry);

    // The kernel has zeroed everything else.
    new (log_) LogHeader{};
    log_->mutex.initialise();
    log_->last_id.store(plan.last_id, std::memory_order_relaxed);
    log_->stored_id.store(plan.last_id, std::memory_order_relaxed);
    log_->derived_id.store(plan.last_id, std::memory_order_relaxed);
    log_->first_id.store(plan.last_id + 1, std::memory_order_relaxed);
    log_->last_time_ms.store(plan.last_time_ms, std::memory_order_relaxed);
    archiver().clock_offset_ms.store(base::clock_offset_ms(), std::memory_order_relaxed);
    server().max_online.store(plan.max_clients, std::memory_order_relaxed);
    for (std::uint32_t row = 0; row < plan.clients.size(); ++row) {
        fill(client(row), plan.clients[row]);
    }
    if (!plan.cluster) return;
    set_shared_text(cluster().name, plan.cluster->name);
    set_shared_text(cluster().node, plan.cluster->node);
    outbox().incarnation = plan.cluster->incarnation;
}

void Segment::publish() const noexcept {
    prefix().magic.store(segment_magic, std::memory_order_release);
}

bool Segment::is_published() const noexcept {
    return prefix().magic.load(std::memory_order_acquire) == segment_magic;
}

bool Segment::has_our_layout() const noexcept {
    return prefix().layout_version == layout_version;
}

bool Segment::is_sound() const noexcept {
    const auto processes = sound_processes();
    if (!processes || processes_.count == 0) return false;
    return !has_our_layout() || (log_ != nullptr && sound_geometry(*processes));
}

bool Segment::is_whole() const noexcept {
    return is_published() && has_our_layout() && is_sound();
}

/// Checks the table of a segment of any layout, whose entries may be longer than their frozen part.
std::optional<Segment::ProcessTable> Segment::sound_processes() const noexcept {
    const Prefix& head = prefix();
    constexpr std::size_t frozen_bytes = offsetof(ProcessEntry, version);
    const std::uint64_t size = region_.get_size();
    const ProcessTable found = fixed_copy(
        ProcessTable{head.processes_offset, head.processes_count, head.processes_stride});
    const std::uint64_t bytes = std::uint64_t{found.count} * found.stride;
    if (head.segment_bytes == size && found.count >= first_session_entry &&
        found.stride >= frozen_bytes && found.stride % alignof(ProcessEntry) == 0 &&
        found.offset % alignof(ProcessEntry) == 0 && found.offset >= sizeof(Prefix) &&
        found.offset <= size && bytes <= size - found.offset) {
        return found;
    }
    return {};
}

/// Returns the geometry if every part is where the sizes place it.
std::optional<Geometry> Segment::sound_geometry(const ProcessTable& processes) const noexcept {
    const std::uint64_t body_offset = fixed_copy(prefix().body_offset);
    const std::uint64_t bytes = region_.get_size();
    if (body_offset % alignof(Geometry) != 0 || body_offset > bytes ||
        sizeof(Geometry) > bytes - body_offset) {
        return {};
    }
    const Geometry found = fixed_copy(*at<const Geometry>(body_offset));
    if (!are_sound_sizes(found, bytes)) return {};
    const Offsets expected = place_parts(found);
    if (are_equal(found, expected.geometry) && body_offset == expected.body_offset &&
        processes.offset == expected.processes_offset && processes.stride == sizeof(ProcessEntry) &&
        processes.count == process_entries(found.session_slots) &&
        bytes == expected.segment_bytes) {
        return found;
    }
    return {};
}

void Segment::find_parts(const ProcessTable& processes, const Geometry& geometry) noexcept {
    processes_ = processes;
    geometry_ = geometry;
    log_ = at<LogHeader>(geometry_.log_offset);
    clients_ = at<ClientRow>(geometry_.clients_offset);
    positions_ = at<std::atomic<std::uint64_t>>(geometry_.positions_offset);
    seqs_ = at<std::atomic<std::uint64_t>>(geometry_.seqs_offset);
    senders_ = at<std::atomic<std::uint32_t>>(geometry_.senders_offset);
    ring_ = at<char>(geometry_.ring_offset);
    index_mask_ = geometry_.index_entries - 1;
}

ProcessEntry& Segment::process(std::size_t entry) const noexcept {
    return *at<ProcessEntry>(processes_.offset + entry * processes_.stride);
}

ArchiverBlock& Segment::archiver() const noexcept {
    return *at<ArchiverBlock>(geometry_.archiver_offset);
}

ServerBlock& Segment::server() const noexcept {
    return *at<ServerBlock>(geometry_.server_offset);
}

ClusterBlock& Segment::cluster() const noexcept {
    return *at<ClusterBlock>(geometry_.cluster_offset);
}

std::span<char> Segment::outbox_ring() const noexcept {
    return {at<char>(geometry_.outbox_offset), static_cast<std::size_t>(geometry_.outbox_bytes)};
}

SessionSlot& Segment::session(std::uint32_t slot) const noexcept {
    return at<SessionSlot>(geometry_.sessions_offset)[slot];
}

std::uint64_t Segment::visible() const noexcept {
    const std::uint64_t last = log_->last_id.load(std::memory_order_acquire);
    if (durability() != Durability::commit) return last;
    return log_->stored_id.load(std::memory_order_acquire);
}

std::string_view Segment::epoch() const noexcept {
    return text_in(prefix().epoch);
}

std::string_view text_in(std::span<const char> field) noexcept {
    return {field.data(), ::strnlen(field.data(), field.size())};
}

std::string shared_text(std::span<const std::atomic<std::uint64_t>> field) {
    std::string text;
    for (const auto& word : field) {
        const auto bytes = std::bit_cast<std::array<char, sizeof(std::uint64_t)>>(word.load());
        text.append(bytes.data(), bytes.size());
    }
    text.resize(::strnlen(text.data(), text.size()));
    return text;
}

void set_shared_text(std::span<std::atomic<std::uint64_t>> field, std::string_view text) noexcept {
    for (auto& word : field) {
        std::array<char, sizeof(std::uint64_t)> bytes{};
        const std::size_t count = std::min(text.size(), bytes.size());
        std::copy_n(text.data(), count, bytes.data());
        text.remove_prefix(count);
        word.store(std::bit_cast<std::uint64_t>(bytes));
    }
}

}  // namespace belfry::shm
