#include "store/log_record.hpp"

#include "shm/client_table.hpp"

namespace belfry::store {

std::optional<Message> message_in(const shm::Segment& segment, const shm::Chunk& chunk,
                                  const shm::IndexEntry& entry) noexcept {
    if (entry.row >= segment.geometry().client_rows) return {};
    const std::string_view sender = shm::name_of(segment, entry.row);
    const auto content = wire::decode_record(shm::record_in(chunk, entry), entry.id, sender);
    if (!content) return {};
    return Message{entry.id, sender, entry.seq, content->time_ms, content->payload};
}

}  // namespace belfry::store
