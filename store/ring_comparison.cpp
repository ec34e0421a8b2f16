#include "store/ring_comparison.hpp"

#include "shm/log_reader.hpp"
#include "wire/frame_parser.hpp"

#include <algorithm>
#include <variant>

namespace belfry::store {
namespace {

constexpr std::size_t chunk_bytes = 1 << 20;
constexpr std::size_t max_sentences = 20;

class RingComparison {
  public:
    RingComparison(Database& database, const shm::Segment& segment)
        : segment_{segment},
          reader_{segment, chunk_bytes},
          rows_{database,
                "SELECT id, sender, seq, time, body FROM messages WHERE id BETWEEN ? AND ? "
                "ORDER BY id"} {}

    std::vector<std::string> run(std::uint64_t first, std::uint64_t last) {
        std::uint64_t id = std::max(first, ring_start());
        while (id <= last && differences_.size() < max_sentences) {
            shm::Chunk chunk;
            const auto result = reader_.read(id, last, shm::LogReader::no_row, chunk);
            if (result == shm::LogReader::Result::broken) break;  // told by the invariants
            if (result == shm::LogReader::Result::overrun ||
                !shm::copy_seqs(segment_, chunk, seqs_)) {
                id = std::max(id, ring_start());
                continue;
            }
            compare(chunk);
            id = chunk.last_id + 1;
        }
        return differences_;
    }

  private:
    [[nodiscard]] std::uint64_t ring_start() const {
        return segment_.log().first_id.load(std::memory_order_acquire);
    }

    void compare(const shm::Chunk& chunk) {
        const ResetAtEnd reset_at_end{rows_};
        rows_.bind(1, chunk.first_id).bind(2, chunk.last_id);
        bool has_row = rows_.step();
        std::string_view records = chunk.bytes;
        for (std::uint64_t id = chunk.first_id; id <= chunk.last_id; ++id) {
            const wire::FrameStep step = wire::next_frame(records);
            const auto* record = step.frame ? std::get_if<wire::Message>(&*step.frame) : nullptr;
            if (record == nullptr) return;  // told by the invariants
            if (has_row && rows_.number(0) == id) {
                compare(*record, seqs_[id - chunk.first_id]);
                has_row = rows_.step();
            } else {
                say(id, "counts as stored, and is not in the store");
            }
            records.remove_prefix(step.consumed);
        }
    }

    void compare(const wire::Message& record, std::uint64_t seq) {
        std::string parts;
        const auto require = [&](bool same, const char* part) {
            if (!same) parts += std::string{parts.empty() ? "" : ", "} + part;
        };
        require(rows_.bytes(1) == record.sender, "sender");
        require(rows_.number(2) == seq, "seq");
        require(rows_.number(3) == record.time_ms, "time");
        require(rows_.bytes(4) == record.payload, "body");
        if (!parts.empty()) say(record.id, "differs between the store and the memory: " + parts);
    }

    void say(std::uint64_t id, const std::string& what) {
        if (differences_.size() == max_sentences) return;
        differences_.push_back("message " + std::to_string(id) + " " + what);
    }

    const shm::Segment& segment_;
    shm::LogReader reader_;
    Statement rows_;
    std::vector<std::uint64_t> seqs_;  ///< of the chunk
    std::vector<std::string> differences_;
};

}  // namespace

std::vector<std::string> differences(Database& database, const shm::Segment& segment,
                                     std::uint64_t first, std::uint64_t last) {
    return RingComparison{database, segment}.run(first, last);
}

}  // namespace belfry::store
