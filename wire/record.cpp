#include "wire/record.hpp"

#include "wire/fields.hpp"

namespace belfry::wire {

std::optional<RecordContent> decode_record(std::string_view record, std::uint64_t id,
                                           std::string_view sender) noexcept {
    const auto end_of_head = record.find('\n');
    if (end_of_head == std::string_view::npos || sender.empty()) return {};
    const Line head = split_verb(without_cr(record.substr(0, end_of_head)));
    Fields fields{head.fields};
    if (head.verb != "MSG" || fields.number() != id || fields.word() != sender) return {};
    const std::uint64_t time_ms = fields.number();
    const std::uint64_t bytes = fields.number();
    std::string_view payload = record.substr(end_of_head + 1);
    if (!fields.end() || !payload.ends_with(record_tail)) return {};
    payload.remove_suffix(record_tail.size());
    if (bytes != payload.size()) return {};
    return RecordContent{time_ms, payload};
}

bool is_record(std::string_view record, std::uint64_t id, std::string_view sender) noexcept {
    return decode_record(record, id, sender).has_value();
}

}  // namespace belfry::wire
