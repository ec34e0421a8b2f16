#include "cluster/node_record.hpp"

#include "cluster/text_fields.hpp"

namespace belfry::cluster {

std::string NodeRecord::text() const {
    return "address=" + address + " version=" + version + " epoch=" + epoch +
           " last=" + std::to_string(last_id) + " first=" + std::to_string(first_id) +
           " revision=" + std::to_string(revision) + " clients=" + std::to_string(clients) +
           " clock=" + std::to_string(clock_ms) + " incarnation=" + hex_text(incarnation);
}

std::optional<NodeRecord> parse_node_record(std::string_view text) {
    const TextFields fields{text};
    const auto address = fields.text("address");
    const auto version = fields.text("version");
    const auto epoch = fields.text("epoch");
    const auto last_id = fields.number("last");
    const auto first_id = fields.number("first");
    const auto revision = fields.number("revision");
    const auto clients = fields.number("clients");
    const auto clock_ms = fields.number("clock");
    const auto incarnation = fields.hex("incarnation");
    if (!address || !version || !epoch || !last_id || !first_id || !revision || !clients ||
        !clock_ms || !incarnation) {
        return {};
    }
    return NodeRecord{std::string{*address},
                      std::string{*version},
                      std::string{*epoch},
                      *first_id,
                      *last_id,
                      *revision,
                      *clients,
                      *clock_ms,
                      *incarnation};
}

}  // namespace belfry::cluster
