#include "wire/entry.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace belfry::wire {
namespace {

static_assert(std::endian::native == std::endian::little, "the fields are copied as they are");

struct Head {
    std::uint32_t size;
    std::uint8_t kind;
    std::uint8_t name_bytes;
    std::uint16_t zero;
    std::uint64_t login;
    std::uint64_t number;
    std::uint64_t time_ms;
};
static_assert(sizeof(Head) == entry_head);

/// Returns the head if it describes an entry that is whole.
std::optional<Head> head_of(std::string_view bytes) noexcept {
    Head head{};
    if (bytes.size() < sizeof head) return {};
    std::memcpy(&head, bytes.data(), sizeof head);
    if (head.zero != 0 || head.name_bytes > max_entry_name || head.size > bytes.size() ||
        head.size < sizeof head + head.name_bytes) {
        return {};
    }
    return head;
}

}  // namespace

EntryHead::EntryHead(const Entry& entry) noexcept : size_{sizeof(Head) + entry.name.size()} {
    const Head head{.size = static_cast<std::uint32_t>(bytes_of(entry)),
                    .kind = static_cast<std::uint8_t>(entry.kind),
                    .name_bytes = static_cast<std::uint8_t>(entry.name.size()),
                    .zero = 0,
                    .login = entry.login,
                    .number = entry.number,
                    .time_ms = entry.time_ms};
    std::memcpy(bytes_.data(), &head, sizeof head);
    std::copy_n(entry.name.data(), entry.name.size(), bytes_.data() + sizeof head);
}

std::optional<std::size_t> entry_bytes(std::string_view bytes) noexcept {
    const auto head = head_of(bytes);
    return head ? std::optional<std::size_t>{head->size} : std::nullopt;
}

std::optional<Entry> decode_entry(std::string_view bytes) noexcept {
    const auto head = head_of(bytes);
    if (!head) return {};
    const std::string_view rest = bytes.substr(sizeof(Head), head->size - sizeof(Head));
    return Entry{.kind = static_cast<EntryKind>(head->kind),
                 .name = rest.substr(0, head->name_bytes),
                 .login = head->login,
                 .number = head->number,
                 .time_ms = head->time_ms,
                 .body = rest.substr(head->name_bytes)};
}

}  // namespace belfry::wire
