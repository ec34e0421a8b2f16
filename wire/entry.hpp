#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

/// An entry of the replicated log: what a node has to tell its cluster. Entries follow each other
/// without gaps, in the outbox of a node as in a batch of the cluster:
///
///     u32 size     of the whole entry
///     u8  kind     an EntryKind
///     u8  name     its length
///     u16 zero
///     u64 login
///     u64 number
///     u64 time     Unix time in milliseconds
///     name
///     body
///
/// Numbers are little-endian. EntryKind says what the fields mean.
namespace belfry::wire {

enum class EntryKind : std::uint8_t {
    /// A message: client, its login, its seq, the time, the payload.
    message = 1,
    /// A client logs in: client, the new login; `number` is the login that it replaces, 0: none.
    login = 2,
    /// A client's session has ended: client, its login; `number` is its cursor, 0: not known.
    logout = 3,
    /// A client has taken messages: client, its login; `number` is the cursor.
    cursor = 4,
    /// A node has a new outbox: node, `login` is the incarnation; the body is its address.
    node = 5,
    /// Messages with an id below `number` are deleted.
    trim = 6,
    /// The seq of a client is set back: client.
    reset_seq = 7,
    /// From here on the rules of version `number` apply.
    rules = 8,
};

/// A decoded entry. Its views point into the bytes.
struct Entry {
    EntryKind kind = EntryKind::message;
    std::string_view name = {};
    std::uint64_t login = 0;
    std::uint64_t number = 0;
    std::uint64_t time_ms = 0;
    std::string_view body = {};
};

/// Length of an entry without name and body, in bytes.
inline constexpr std::size_t entry_head = 32;

/// The longest name in an entry, in bytes.
inline constexpr std::size_t max_entry_name = 63;

/// Returns the length of the encoded entry in bytes.
[[nodiscard]] constexpr std::size_t bytes_of(const Entry& entry) noexcept {
    return entry_head + entry.name.size() + entry.body.size();
}

/// What comes before the body of an entry, encoded.
class EntryHead {
  public:
    /// The name of the entry must not be longer than max_entry_name.
    explicit EntryHead(const Entry& entry) noexcept;
    [[nodiscard]] std::string_view bytes() const noexcept { return {bytes_.data(), size_}; }

  private:
    std::array<char, entry_head + max_entry_name> bytes_;
    std::size_t size_;
};

/// Returns the length of the entry at the front of the bytes; nothing if it is not whole or not an
/// entry. It does not look at the kind.
[[nodiscard]] std::optional<std::size_t> entry_bytes(std::string_view bytes) noexcept;

/// Decodes the entry at the front of the bytes. A kind that this version does not know is left as
/// it is. @return nothing if there is no whole entry
[[nodiscard]] std::optional<Entry> decode_entry(std::string_view bytes) noexcept;

}  // namespace belfry::wire
