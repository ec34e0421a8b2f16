#include "inspect/log_printer.hpp"

#include "inspect/message_line.hpp"
#include "shm/log_reader.hpp"
#include "wire/frame_parser.hpp"

#include <ostream>
#include <string>
#include <variant>

namespace belfry::inspect {
namespace {

constexpr std::size_t chunk_bytes = 1 << 20;

/// The first frame at the front, if it is a message.
const wire::Message* message_in(const wire::FrameStep& step) {
    return step.frame ? std::get_if<wire::Message>(&*step.frame) : nullptr;
}

std::string lines_of(std::string_view records) {
    std::string lines;
    while (!records.empty()) {
        const wire::FrameStep step = wire::next_frame(records);
        const wire::Message* message = message_in(step);
        if (message == nullptr) break;
        append_line(lines, *message);
        records.remove_prefix(step.consumed);
    }
    return lines;
}

}  // namespace

void print_log(std::ostream& out, const shm::Segment& segment) {
    LogPosition position = start_of(segment);
    const auto print = [&out](std::string_view lines) { return !(out << lines).fail(); };
    static_cast<void>(print_news(print, segment, position));
}

LogPosition start_of(const shm::Segment& segment) noexcept {
    return {segment.log().first_id.load(), 0};
}

bool print_news(const TakeLines& take, const shm::Segment& segment, LogPosition& position) {
    const std::uint64_t last = segment.visible();
    if (position.next > last) return true;
    shm::LogReader reader{segment, chunk_bytes};
    while (position.next <= last) {
        shm::Chunk chunk;
        const auto result = reader.read(position.next, last, shm::LogReader::no_row, chunk);
        if (result == shm::LogReader::Result::broken) return false;
        if (result == shm::LogReader::Result::overrun) {
            const std::uint64_t first = segment.log().first_id.load();
            position.missed += first - position.next;
            position.next = first;
            continue;
        }
        position.next = chunk.last_id + 1;
        if (!take(lines_of(chunk.bytes))) return true;
    }
    return true;
}

bool is_record(std::string_view record, std::uint64_t id, std::string_view sender) {
    const wire::FrameStep step = wire::next_frame(record);
    const wire::Message* message = message_in(step);
    return message != nullptr && step.consumed == record.size() && !message->past &&
           message->id == id && message->sender == sender;
}

}  // namespace belfry::inspect
