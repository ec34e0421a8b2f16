#include "store/log_record.hpp"

namespace belfry::store {
namespace {

/// Reads the records from the front, since they follow each other without gaps.
std::optional<wire::Record> find_record(std::string_view records, std::uint64_t id) noexcept {
    auto record = wire::decode_record(records);
    while (record && record->id != id) {
        records.remove_prefix(record->bytes);
        record = wire::decode_record(records);
    }
    return record;
}

}  // namespace

std::optional<Message> message_in(const shm::Chunk& chunk, const shm::IndexEntry& entry) noexcept {
    const std::string_view indexed = shm::record_in(chunk, entry);
    auto record = wire::decode_record(indexed);
    if (!record || record->id != entry.id || record->bytes != indexed.size()) {
        record = find_record(chunk.bytes, entry.id);
    }
    if (!record) return {};
    return Message{entry.id, record->sender, entry.seq, record->time_ms, record->payload};
}

}  // namespace belfry::store
