#include "ctl/recover.hpp"

#include "ctl/liveness.hpp"
#include "ctl/new_data_directory.hpp"
#include "ctl/refusal.hpp"
#include "shm/client_table.hpp"
#include "shm/segment_file.hpp"
#include "store/log_record.hpp"
#include "store/restored_store.hpp"
#include "wire/limits.hpp"

#include <algorithm>
#include <vector>

namespace belfry::ctl {
namespace {

constexpr std::size_t chunk_bytes = 1 << 20;

/// @throws Refusal if the segment is of no use, or a server may still write to it
void require_dead_log_with_store(const shm::FoundSegment& found, const std::string& name) {
    switch (found.state) {
        case shm::SegmentState::torn:
            throw Refusal{name + " is not a Belfry segment, or its creation did not finish"};
        case shm::SegmentState::unsound:
            throw Refusal{name + " is damaged: its sizes and offsets are inconsistent"};
        case shm::SegmentState::other_layout:
            throw Refusal{name + " has layout version " +
                          std::to_string(found.segment.prefix().layout_version) +
                          ", but this program has " + std::to_string(shm::layout_version) +
                          "; use the belfryctl of the version that made it"};
        case shm::SegmentState::removed:
        case shm::SegmentState::whole:
            break;
    }
    if (!found.segment.has_store()) {
        throw Refusal{name + " was made with --durability memory: it never had a store"};
    }
    if (found.segment.is_in_cluster()) {
        throw Refusal{name +
                      " is that of a node of a cluster: begin from a backup of another node"};
    }
    if (is_anybody_alive(found.segment)) {
        throw Refusal{name + " is in use by a running server; stop it first"};
    }
}

/// Copies the log of a segment that nobody writes to.
class Recovery {
  public:
    Recovery(const shm::Segment& segment, store::RestoredStore& store)
        : segment_{segment},
          store_{store},
          reader_{segment, chunk_bytes},
          epoch_{epoch_of(segment)},
          derived_id_{segment.log().derived_id.load()},
          seqs_(segment.geometry().client_rows, 0) {}

    Recovered run() {
        const std::uint64_t first = segment_.log().first_id.load();
        const std::uint64_t last = segment_.log().last_id.load();
        for (std::uint64_t next = first; next <= last;) {
            shm::Chunk chunk;
            const auto result = reader_.read(next, last, shm::LogReader::no_row, chunk);
            if (result != shm::LogReader::Result::copied) throw damaged(next);
            copy(chunk);
            next = chunk.last_id + 1;
        }
        store_.finish(saved_log(last));
        return {epoch_, first, last};
    }

  private:
    void copy(const shm::Chunk& chunk) {
        for (std::uint64_t id = chunk.first_id; id <= chunk.last_id; ++id) {
            const shm::IndexEntry entry = shm::index_entry(segment_, chunk, id);
            const auto message = store::message_in(chunk, entry);
            if (!message) throw damaged(id);
            store_.add(*message);
            if (id > derived_id_ && entry.row < seqs_.size())
                seqs_[entry.row] = std::max(seqs_[entry.row], entry.seq);
        }
    }

    /// Returns the state to be saved. It is marked clean, because no accepted message is lost that
    /// would need a new epoch.
    [[nodiscard]] store::SavedLog saved_log(std::uint64_t last_id) const {
        store::SavedLog log;
        log.epoch = epoch_;
        log.last_id = last_id;
        log.clean = true;
        log.durability = segment_.durability();
        for (std::uint32_t row = 0; row < seqs_.size(); ++row) {
            const std::string name{shm::name_of(segment_, row)};
            if (!wire::is_client_id(name)) continue;  // a spare row
            // A writer may have died before it updated last_seq.
            log.clients.push_back({name, std::min(shm::cursor_of(segment_, row), last_id),
                                   std::max(segment_.client(row).last_seq.load(), seqs_[row])});
        }
        return log;
    }

    static std::string epoch_of(const shm::Segment& segment) {
        std::string epoch{segment.epoch()};
        if (wire::is_epoch(epoch)) return epoch;
        throw Refusal{"the segment is damaged: its epoch is not 1 to 32 hexadecimal digits"};
    }

    static Refusal damaged(std::uint64_t id) {
        return Refusal{"the segment is damaged: message " + std::to_string(id) + " cannot be read"};
    }

    const shm::Segment& segment_;
    store::RestoredStore& store_;
    shm::LogReader reader_;
    std::string epoch_;
    std::uint64_t derived_id_;
    /// By row: the highest seq of the messages above derived_id_. last_seq may not include these
    /// yet.
    std::vector<std::uint64_t> seqs_;
};

}  // namespace

Recovered recover_store(const std::filesystem::path& data_dir, int shmid) {
    const auto found = shm::open_segment(shmid, boost::interprocess::read_only);
    require_dead_log_with_store(found, "the shared memory segment " + std::to_string(shmid));
    NewDataDirectory place{data_dir};
    store::RestoredStore store{data_dir};
    Recovered recovered = Recovery{found.segment, store}.run();
    place.keep();
    return recovered;
}

}  // namespace belfry::ctl
