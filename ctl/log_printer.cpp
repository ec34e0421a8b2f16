#include "ctl/log_printer.hpp"

#include "shm/log_reader.hpp"
#include "wire/frame_parser.hpp"

#include <ostream>
#include <string>
#include <variant>
#include <vector>

namespace belfry::ctl {
namespace {

constexpr std::size_t chunk_bytes = 1 << 20;

/// The first frame at the front, if it is a message.
const wire::Message* message_in(const wire::FrameStep& step) {
    return step.frame ? std::get_if<wire::Message>(&*step.frame) : nullptr;
}

/// @param seqs of all these records
std::string lines_of(std::string_view records, const std::vector<std::uint64_t>& seqs,
                     LineForm form) {
    std::string lines;
    for (const std::uint64_t seq : seqs) {
        const wire::FrameStep step = wire::next_frame(records);
        const wire::Message* message = message_in(step);
        if (message == nullptr) break;
        append_line(lines, *message, seq, form);
        records.remove_prefix(step.consumed);
    }
    return lines;
}

/// Reads records with their seqs.
shm::LogReader::Result read(shm::LogReader& reader, const shm::Segment& segment, std::uint64_t from,
                            std::uint64_t to, shm::Chunk& chunk, std::vector<std::uint64_t>& seqs) {
    using Result = shm::LogReader::Result;
    const Result result = reader.read(from, to, shm::LogReader::no_row, chunk);
    if (result != Result::copied) return result;
    return shm::copy_seqs(segment, chunk, seqs) ? Result::copied : Result::overrun;
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
    std::vector<std::uint64_t> seqs;
    while (position.next <= last) {
        shm::Chunk chunk;
        const auto result = read(reader, segment, position.next, last, chunk, seqs);
        if (result == shm::LogReader::Result::broken) return false;
        if (result == shm::LogReader::Result::overrun) {
            const std::uint64_t first = segment.log().first_id.load();
            position.missed += first - position.next;
            position.next = first;
            continue;
        }
        position.next = chunk.last_id + 1;
        if (!take(lines_of(chunk.bytes, seqs, form))) return true;
    }
    return true;
}

bool is_record(std::string_view record, std::uint64_t id, std::string_view sender) {
    const wire::FrameStep step = wire::next_frame(record);
    const wire::Message* message = message_in(step);
    return message != nullptr && step.consumed == record.size() && !message->past &&
           message->id == id && message->sender == sender;
}

}  // namespace belfry::ctl
