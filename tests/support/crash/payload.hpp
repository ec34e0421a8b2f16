#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace belfry::test {

/// What a message of the crash tests says about itself.
struct Tag {
    std::size_t sender = 0;    ///< index of the client
    std::uint64_t number = 0;  ///< 1, 2, 3 … per sender
    std::int64_t made_at = 0;  ///< steady clock, nanoseconds
};

/// A payload of some size that carries the tag and a checksum over everything.
[[nodiscard]] std::string make_payload(const Tag& tag);

/// The tag; none where a single byte is not as it was made.
[[nodiscard]] std::optional<Tag> read_payload(std::string_view payload);

}  // namespace belfry::test
