#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace belfry::test {

/// The facts about a message that its payload contains.
struct Tag {
    std::size_t sender = 0;    ///< index of the client
    std::uint64_t number = 0;  ///< 1, 2, 3 … per sender
    std::int64_t made_at = 0;  ///< steady clock, nanoseconds
};

/// Returns a payload that contains the tag and ends with a checksum. Its size follows from the tag.
[[nodiscard]] std::string make_payload(const Tag& tag);

/// Returns the tag; none if any byte of the payload has changed.
[[nodiscard]] std::optional<Tag> read_payload(std::string_view payload);

}  // namespace belfry::test
