#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace belfry::cluster {

/// The version of the rules of apply that this program knows.
inline constexpr std::uint64_t known_rules = 1;

/// The settings of a cluster: the value of the key `settings`, which is created once.
struct Settings {
    std::string epoch;              ///< of the log; hexadecimal digits
    std::uint32_t max_payload = 0;  ///< in bytes
    std::uint64_t rules = known_rules;
    /// The log of the engine begins after the message with this id. 0: at the beginning.
    std::uint64_t base = 0;
    /// The node that has begun the log. Only its database may be older than the log.
    std::string node = {};

    /// Returns `epoch=HEX max-payload=N rules=N base=ID node=NAME`.
    [[nodiscard]] std::string text() const;
    bool operator==(const Settings&) const = default;
};

/// Parses what Settings::text() returns; nothing if it is anything else.
[[nodiscard]] std::optional<Settings> parse_settings(std::string_view text);

}  // namespace belfry::cluster
