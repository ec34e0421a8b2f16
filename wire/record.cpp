#include "wire/record.hpp"

#include "wire/fields.hpp"

namespace belfry::wire {

std::optional<Record> decode_record(std::string_view bytes) noexcept {
    const auto end_of_head = bytes.find('\n');
    if (end_of_head == std::string_view::npos) return {};
    const Line head = split_verb(without_cr(bytes.substr(0, end_of_head)));
    Fields fields{head.fields};
    const std::uint64_t id = fields.number();
    const std::string_view sender = fields.client_id();
    const std::uint64_t time_ms = fields.number();
    const std::uint64_t size = fields.number();
    const std::string_view rest = bytes.substr(end_of_head + 1);
    if (head.verb != "MSG" || !fields.end() || size > rest.size()) return {};
    if (!rest.substr(size).starts_with(record_tail)) return {};
    return Record{id, sender, time_ms, rest.substr(0, size),
                  end_of_head + 1 + size + record_tail.size()};
}

bool is_record(std::string_view bytes, std::uint64_t id, std::string_view sender) noexcept {
    const auto record = decode_record(bytes);
    return record && record->id == id && record->sender == sender && record->bytes == bytes.size();
}

}  // namespace belfry::wire
