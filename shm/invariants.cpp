#include "shm/invariants.hpp"

#include "shm/client_table.hpp"
#include "shm/log_reader.hpp"
#include "shm/ordering.hpp"
#include "shm/outbox.hpp"
#include "shm/seq_rules.hpp"

#include <optional>

namespace belfry::shm {
namespace {

constexpr std::size_t chunk_bytes = 1 << 20;

/// Collects the broken invariants. Of two values that only grow, the one that must be smaller is
/// read first, so that a batch that is being written breaks nothing.
class Inspection {
  public:
    Inspection(const Segment& segment, RecordCheck is_record, EntryLength entry_length)
        : segment_{segment},
          is_record_{is_record},
          entry_length_{entry_length},
          seqs_(segment.geometry().client_rows) {}

    std::vector<std::string> run() {
        check_geometry();
        if (!broken_.empty()) return broken_;  // nothing else can be read safely
        check_ends();
        check_clients_before_records();
        check_records();
        check_seqs();
        if (segment_.is_in_cluster()) check_outbox();
        return broken_;
    }

  private:
    void require(bool holds, std::string sentence) {
        if (!holds) broken_.push_back(std::move(sentence));
    }

    void check_geometry() {
        require(segment_.is_sound(), "the sizes and offsets of the segment are inconsistent");
        require(!segment_.epoch().empty(), "the log has no epoch");
    }

    void check_ends() {
        const LogHeader& log = segment_.log();
        const std::uint64_t stored = log.stored_id.load();
        const std::uint64_t last_before = log.last_id.load();
        const std::uint64_t derived = log.derived_id.load();
        const std::uint64_t first = log.first_id.load();
        const std::uint64_t last = log.last_id.load();
        // A writer may have given up old records before it has committed its own (3).
        require(first <= last + 1, "(2) first_id " + std::to_string(first) + " is above last_id " +
                                       std::to_string(last) + " + 1");
        require(stored <= last, "(4) stored_id is above last_id");
        require(derived <= last, "(6) derived_id is above last_id");
        require(last_before <= derived + segment_.geometry().index_entries / 4,
                "(6) derived_id is more than a batch behind last_id");
        require(last <= max_id, "(7) last_id does not fit a cursor");
    }

    void check_clients_before_records() {
        for (std::uint32_t row = 0; row < segment_.geometry().client_rows; ++row) {
            const std::uint64_t cursor = cursor_of(segment_, row);
            require(cursor <= segment_.visible(),
                    "(7) the cursor of " + client(row) + " is above the newest visible message");
            const Halves session = unpack(segment_.client(row).session.load());
            require(session.high == 0 || session.low < segment_.geometry().session_slots,
                    "(12) the session of " + client(row) + " names a slot that does not exist");
        }
    }

    /// Reads the whole ring. If writers overtake it, it continues at the new start of the ring.
    void check_records() {
        LogReader reader{segment_, chunk_bytes};
        const std::uint64_t last = segment_.log().last_id.load(std::memory_order_acquire);
        std::uint64_t id = segment_.log().first_id.load(std::memory_order_acquire);
        while (id <= last && broken_.size() < max_sentences) {
            const auto result = check_chunk(reader, id, last);
            id = result ? *result + 1 : segment_.log().first_id.load(std::memory_order_acquire);
        }
    }

    /// @return the last id that was checked; nothing if writers have overwritten record `id`
    std::optional<std::uint64_t> check_chunk(LogReader& reader, std::uint64_t id,
                                             std::uint64_t last) {
        Chunk chunk;
        switch (reader.read(id, last, LogReader::no_row, chunk)) {
            case LogReader::Result::overrun:
                return {};
            case LogReader::Result::broken:
                require(false, "(2) the index is wrong at record " + std::to_string(id));
                return last;
            case LogReader::Result::copied:
                break;
        }
        std::vector<IndexEntry> entries;
        if (!copy_index(segment_, chunk, entries)) return {};
        for (const IndexEntry& entry : entries) check_record(entry, record_in(chunk, entry));
        return chunk.last_id;
    }

    void check_record(const IndexEntry& entry, std::string_view record) {
        const std::string name = "record " + std::to_string(entry.id);
        if (record.empty())
            return require(false, "(2) " + name + " has no valid position in the ring");
        // In a cluster the sender may be a client that this node does not know.
        if (entry.row == LogReader::no_row && segment_.is_in_cluster()) return;
        if (entry.row >= seqs_.size()) return require(false, "(2) " + name + " has no sender");
        require(is_record_(record, entry.id, name_of(segment_, entry.row)),
                "(1) " + name + " is torn");
        require(seqs_[entry.row].take(entry.seq), "(9) the seq of " + name + " does not grow");
    }

    /// Checks the last seqs. It must run after the records were read, because a last seq only
    /// grows, unless it is set back to the highest free one. The newest batch may not be derived
    /// yet. In a cluster a client's last seq is known at the node where it is logged in, and its
    /// stored seq everywhere.
    void check_seqs() {
        if (segment_.log().derived_id.load() != segment_.log().last_id.load()) return;
        for (std::uint32_t row = 0; row < seqs_.size(); ++row) {
            const ClientRow& known = segment_.client(row);
            const auto& last = segment_.is_in_cluster() ? known.stored_seq : known.last_seq;
            require(last.load() >= seqs_[row].highest_free(),
                    "(6) the last seq of " + client(row) + " is below the seqs of its records");
        }
    }

    void check_outbox() {
        const OutboxHeader& outbox = segment_.outbox();
        const std::uint64_t before = outbox.head.load();
        const std::uint64_t end = outbox.end.load();
        const std::uint64_t head = outbox.head.load();
        require(before <= end, "(14) the head of the outbox is above its end");
        const bool fits = end <= head || end - head <= segment_.geometry().outbox_bytes;
        require(fits, "(14) the outbox holds more than its size");
        if (entry_length_ != nullptr && before <= end && fits && head < end) {
            check_entries(head, end);
        }
    }

    /// Checks the entries between two positions, except those that the replica has removed
    /// meanwhile, because sessions may have overwritten them.
    void check_entries(std::uint64_t head, std::uint64_t end) {
        std::string bytes;
        copy_outbox(segment_, head, end, bytes);
        order_loads();
        const std::uint64_t first = segment_.outbox().head.load(std::memory_order_acquire);
        if (first >= end) return;
        std::string_view rest{bytes};
        rest.remove_prefix(static_cast<std::size_t>(first - head));
        while (!rest.empty()) {
            const auto length = entry_length_(rest);
            if (!length) {
                return require(false, "(14) the entry at " + std::to_string(end - rest.size()) +
                                          " of the outbox is torn");
            }
            rest.remove_prefix(*length);
        }
    }

    [[nodiscard]] std::string client(std::uint32_t row) const {
        return "client " + std::string{name_of(segment_, row)};
    }

    static constexpr std::size_t max_sentences = 20;

    const Segment& segment_;
    RecordCheck is_record_;
    EntryLength entry_length_;
    std::vector<SeqOrder> seqs_;  ///< by row
    std::vector<std::string> broken_;
};

}  // namespace

std::vector<std::string> broken_invariants(const Segment& segment, RecordCheck is_record,
                                           EntryLength entry_length) {
    return Inspection{segment, is_record, entry_length}.run();
}

}  // namespace belfry::shm
