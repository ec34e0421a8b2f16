#include "store/ring_comparison.hpp"

#include "store/log_record.hpp"

#include <algorithm>

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
            if (result == shm::LogReader::Result::broken) break;  // the invariants report it
            if (result == shm::LogReader::Result::overrun ||
                !shm::copy_index(segment_, chunk, entries_)) {
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
        for (const shm::IndexEntry& entry : entries_) {
            const auto message = message_in(segment_, chunk, entry);
            if (!message) return;  // the invariants report it
            if (has_row && rows_.number(0) == entry.id) {
                compare(*message);
                has_row = rows_.step();
            } else {
                say(entry.id, "counts as stored but is not in the store");
            }
        }
    }

    void compare(const Message& message) {
        std::string parts;
        const auto require = [&](bool same, const char* part) {
            if (!same) parts += std::string{parts.empty() ? "" : ", "} + part;
        };
        require(rows_.bytes(1) == message.sender, "sender");
        require(rows_.number(2) == message.seq, "seq");
        require(rows_.number(3) == message.time_ms, "time");
        require(rows_.bytes(4) == message.body, "body");
        if (!parts.empty()) say(message.id, "differs between the store and the segment: " + parts);
    }

    void say(std::uint64_t id, const std::string& what) {
        if (differences_.size() == max_sentences) return;
        differences_.push_back("message " + std::to_string(id) + " " + what);
    }

    const shm::Segment& segment_;
    shm::LogReader reader_;
    Statement rows_;
    std::vector<shm::IndexEntry> entries_;  ///< of the chunk
    std::vector<std::string> differences_;
};

}  // namespace

std::vector<std::string> differences(Database& database, const shm::Segment& segment,
                                     std::uint64_t first, std::uint64_t last) {
    return RingComparison{database, segment}.run(first, last);
}

}  // namespace belfry::store
