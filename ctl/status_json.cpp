#include "base/endpoint.hpp"
#include "base/utf8.hpp"
#include "ctl/status.hpp"
#include "shm/words.hpp"

#include <nlohmann/json.hpp>

#include <iomanip>
#include <ostream>

namespace belfry::ctl {
namespace {

using Json = nlohmann::ordered_json;

Json ends_of(const ClientStatus& client) {
    Json ends = Json::array();
    for (const shm::EndReason end : client.last_ends) ends.push_back(shm::name_of(end));
    return ends;
}

Json client_of(const ClientStatus& client) {
    const bool is_here = client.pid != 0;
    return {{"id", base::sanitize(client.id)},
            {"online", client.online},
            {"pid", client.pid},
            {"cursor", client.cursor},
            {"behind", client.behind},
            {"seq", client.seq},
            {"version", base::sanitize(client.version)},
            {"connected_ms", client.connected_ms},
            {"transport", is_here ? Json(shm::name_of(client.peer.transport)) : Json{}},
            {"peer", is_here ? Json(base::to_string(client.peer.endpoint)) : Json{}},
            {"seen_ms", client.seen_ms},
            {"bytes_in", client.bytes_in},
            {"bytes_out", client.bytes_out},
            {"logins", client.logins},
            {"ended_ms", client.ended_ms},
            {"last_ends", ends_of(client)}};
}

Json rate_of(const Rate& rate) {
    return {{"messages_per_s", rate.messages_per_s},
            {"bytes_per_s", rate.bytes_per_s},
            {"over_s", rate.over_s}};
}

Json ends_of(const Status& status) {
    Json ends = Json::object();
    for (std::size_t reason = 1; reason < shm::end_reasons; ++reason) {
        ends[std::string{shm::name_of(static_cast<shm::EndReason>(reason))}] = status.ends[reason];
    }
    return ends;
}

Json log_of(const Status& status) {
    return {{"epoch", base::sanitize(status.epoch)},
            {"first_id", status.first_id},
            {"last_id", status.last_id},
            {"visible_id", status.visible_id},
            {"stored_id", status.stored_id},
            {"capacity_bytes", status.capacity_bytes},
            {"used_bytes", status.used_bytes},
            {"durability", shm::name_of(status.durability)},
            {"stored_bytes", status.stored_bytes},
            {"visible_bytes", status.visible_bytes},
            {"created_ms", status.created_ms}};
}

Json gate_of(const std::optional<GateStatus>& gate) {
    if (!gate) return {};
    const std::uint64_t expires_ms = gate->certificate_expires_ms;
    return {{"pid", gate->pid},
            {"relays", gate->relays},
            {"certificate_expires", expires_ms != 0 ? Json(expires_ms) : Json{}}};
}

}  // namespace

void print_json(std::ostream& out, const Status& status) {
    Json clients = Json::array();
    for (const ClientStatus& client : status.clients) {
        clients.push_back(client_of(client));
        if (!status.cluster) continue;
        clients.back()["node"] = client.online ? Json(base::sanitize(client.node)) : Json{};
    }
    Json page{
        {"segment",
         {{"key", status.key},
          {"shmid", status.shmid},
          {"bytes", status.bytes},
          {"attached", status.attached}}},
        {"log", log_of(status)},
        {"store", {{"state", store_word(status)}}},
        {"processes",
         {{"supervisor", status.supervisor},
          {"archiver", status.archiver},
          {"supervisor_version", base::sanitize(status.supervisor_version)},
          {"archiver_version", base::sanitize(status.archiver_version)},
          {"archiver_restarts", status.archiver_restarts}}},
        {"server",
         {{"port", status.port},
          {"uptime_s", status.uptime_s},
          {"stopping", status.stopping},
          {"online", status.online},
          {"max_online", status.max_online},
          {"not_logged_in", status.not_logged_in},
          {"refused_logins", status.refused_logins},
          {"ends", ends_of(status)}}},
        {"connections",
         {{"waiting", status.waiting_connections},
          {"refused", status.refused_connections},
          {"limited", status.limited_connections}}},
        {"sandbox", {{"seccomp", status.sandbox_seccomp}, {"landlock", status.sandbox_landlock}}},
        {"gate", gate_of(status.gate)},
        {"rates", {{"short", rate_of(status.rate)}, {"long", rate_of(status.long_rate)}}},
        {"clients", clients}};
    if (status.cluster) page["cluster"] = cluster_json(*status.cluster);
    // The stream gets the page in pieces, because after a single large write that fails errno is
    // lost (cli/standard_streams).
    out << std::setw(2) << page << '\n';
}

}  // namespace belfry::ctl
