#include "cluster/etcd_keys.hpp"

#include "cluster/text_fields.hpp"

#include <charconv>

namespace belfry::cluster {
namespace {

/// Those that hex_text() writes.
constexpr std::size_t digits = 16;

}  // namespace

std::string cluster_prefix(std::string_view cluster) {
    return "/belfry/" + std::string{cluster} + "/";
}

std::string end_of_prefix(std::string_view prefix) {
    std::string end{prefix};
    end.back() = static_cast<char>(end.back() + 1);
    return end;
}

std::string incarnation_folder(std::uint64_t incarnation) {
    return std::string{log_folder} + hex_text(incarnation) + "/";
}

std::string batch_name(std::uint64_t incarnation, std::uint64_t position) {
    return incarnation_folder(incarnation) + hex_text(position);
}

std::optional<BatchKey> parse_batch_name(std::string_view name) {
    constexpr std::size_t incarnation_at = log_folder.size();
    constexpr std::size_t position_at = incarnation_at + digits + 1;
    if (name.size() != position_at + digits) return std::nullopt;
    BatchKey key;
    std::from_chars(name.data() + incarnation_at, name.data() + position_at - 1, key.incarnation,
                    16);
    std::from_chars(name.data() + position_at, name.data() + name.size(), key.position, 16);
    // Nothing but the one spelling of the numbers is a name of a batch.
    if (batch_name(key.incarnation, key.position) != name) return std::nullopt;
    return key;
}

}  // namespace belfry::cluster
