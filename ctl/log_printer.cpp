#include "ctl/log_printer.hpp"

#include "store/log_record.hpp"

#include <ostream>
#include <string>
#include <vector>

namespace belfry::ctl {
namespace {

constexpr std::size_t chunk_bytes = 1 << 20;

/// @param entries the index entries of the chunk
std::string lines_of(const shm::Chunk& chunk, const std::vector<shm::IndexEntry>& entries,
                     LineForm form) {
    std::string lines;
    for (const shm::IndexEntry& entry : entries) {
        const auto message = store::message_in(chunk, entry);
        if (!message) continue;  // damaged; `belfryctl check` reports it
        append_line(lines, *message, form);
    }
    return lines;
}

}  // namespace

void print_log(std::ostream& out, const shm::Segment& segment, LineForm form) {
    LogPosition position = start_of(segment);
    const auto print = [&out](std::string_view lines) { return !(out << lines).fail(); };
    static_cast<void>(print_news(print, segment, form, position));
}

LogPosition start_of(const shm::Segment& segment) noexcept {
    return {segment.log().first_id.load(), 0};
}

bool print_news(const TakeLines& take, const shm::Segment& segment, LineForm form,
                LogPosition& position) {
    const std::uint64_t last = segment.visible();
    if (position.next > last) return true;
    shm::LogReader reader{segment, chunk_bytes};
    std::vector<shm::IndexEntry> entries;
    while (position.next <= last) {
        shm::Chunk chunk;
        const auto result = reader.read(position.next, last, shm::LogReader::no_row, chunk);
        if (result == shm::LogReader::Result::broken) return false;
        if (result == shm::LogReader::Result::overrun ||
            !shm::copy_index(segment, chunk, entries)) {
            const std::uint64_t first = segment.log().first_id.load();
            position.missed += first - position.next;
            position.next = first;
            continue;
        }
        position.next = chunk.last_id + 1;
        if (!take(lines_of(chunk, entries, form))) return true;
    }
    return true;
}

}  // namespace belfry::ctl
