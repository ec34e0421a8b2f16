#include "ctl/metrics.hpp"

#include "base/utf8.hpp"
#include "shm/words.hpp"

#include <array>
#include <ostream>
#include <string>
#include <string_view>

namespace belfry::ctl {
namespace {

/// Escapes the value of a label: UTF-8, with backslash, quote and newline escaped.
std::string label(std::string_view value) {
    std::string text;
    for (const char c : base::sanitize(value)) {
        if (c == '\\' || c == '"') text += '\\';
        if (c == '\n') {
            text += "\\n";
        } else {
            text += c;
        }
    }
    return text;
}

/// Formats milliseconds as seconds with exactly three decimals.
std::string seconds(std::uint64_t ms) {
    std::string part = std::to_string(ms % 1000);
    part.insert(0, 3 - part.size(), '0');
    return std::to_string(ms / 1000) + "." + part;
}

/// Prints families of metrics and their samples.
class Page {
  public:
    explicit Page(std::ostream& out) : out_{out} {}

    /// Begins a family. The following samples belong to it.
    void family(std::string_view name, std::string_view type, std::string_view help) {
        name_ = name;
        out_ << "# HELP belfry_" << name << ' ' << help << "\n# TYPE belfry_" << name << ' ' << type
             << '\n';
    }
    void sample(std::string_view labels, const std::string& value) {
        out_ << "belfry_" << name_;
        if (!labels.empty()) out_ << '{' << labels << '}';
        out_ << ' ' << value << '\n';
    }
    void sample(std::string_view labels, std::uint64_t value) {
        sample(labels, std::to_string(value));
    }

    void gauge(std::string_view name, std::string_view help, std::uint64_t value) {
        family(name, "gauge", help);
        sample({}, value);
    }
    void counter(std::string_view name, std::string_view help, std::uint64_t value) {
        family(name, "counter", help);
        sample({}, value);
    }

  private:
    std::ostream& out_;
    std::string_view name_;
};

void print_server(Page& page, const Status& status) {
    page.family("info", "gauge", "Always 1; the labels hold the values.");
    page.sample("version=\"" + label(status.supervisor_version) + "\",epoch=\"" +
                    label(status.epoch) + "\",durability=\"" +
                    std::string{shm::name_of(status.durability)} + "\"",
                1);
    page.family("process_up", "gauge", "Whether the process is running.");
    page.sample("process=\"supervisor\"", status.supervisor != 0 ? 1 : 0);
    page.sample("process=\"archiver\"", status.archiver != 0 ? 1 : 0);
    if (status.gate) page.sample("process=\"gate\"", status.gate->pid != 0 ? 1 : 0);
    page.gauge("uptime_seconds", "Time since the supervisor started.", status.uptime_s);
    page.counter("archiver_restarts_total", "Archivers started in place of one that had ended.",
                 status.archiver_restarts);
    page.gauge("connections_not_logged_in", "Connections without a login.", status.not_logged_in);
    page.gauge("sessions_online", "Clients that are online now.", status.online);
    page.gauge("sessions_limit", "Clients that may be online at once.", status.max_online);
    page.counter("refused_logins_total", "Logins that were refused.", status.refused_logins);
    page.family("sessions_ended_total", "counter", "Sessions that have ended, by reason.");
    for (std::size_t reason = 1; reason < status.ends.size(); ++reason) {
        const auto name = shm::name_of(static_cast<shm::EndReason>(reason));
        page.sample("reason=\"" + std::string{name} + "\"", status.ends[reason]);
    }
}

void print_connections(Page& page, const Status& status) {
    page.gauge("connections_waiting", "Connections that have sent nothing yet.",
               status.waiting_connections);
    page.counter("connections_refused_total", "Connections for which there was no room.",
                 status.refused_connections);
    page.counter("connections_limited_total",
                 "Connections that were closed because they, or their source, were over a limit.",
                 status.limited_connections);
    page.gauge("sandbox_seccomp", "Whether sessions have a seccomp filter.",
               status.sandbox_seccomp ? 1 : 0);
    page.gauge("sandbox_landlock_version", "Version of Landlock that sessions use; 0 if none.",
               status.sandbox_landlock);
}

void print_gate(Page& page, const GateStatus& gate) {
    page.gauge("gate_relays", "Sessions whose clients are connected through the gate.",
               gate.relays);
    if (gate.certificate_expires_ms == 0) return;
    page.family("certificate_expires_timestamp_seconds", "gauge",
                "Unix time when the certificate of the gate expires.");
    page.sample({}, seconds(gate.certificate_expires_ms));
}

void print_cluster(Page& page, const ClusterStatus& cluster) {
    page.family("cluster_info", "gauge", "Always 1; the labels hold the values.");
    page.sample("cluster=\"" + label(cluster.name) + "\",node=\"" + label(cluster.node) + "\"", 1);
    page.family("cluster_state", "gauge", "1 for the state of the cluster at this node, else 0.");
    for (const auto state : {shm::ClusterState::ok, shm::ClusterState::behind,
                             shm::ClusterState::no_engine, shm::ClusterState::stopped}) {
        page.sample("state=\"" + std::string{shm::name_of(state)} + "\"",
                    cluster.state == state ? 1 : 0);
    }
    page.gauge("cluster_revision", "Revision of the engine up to which everything is stored here.",
               cluster.revision);
    page.gauge("cluster_behind_revisions", "Newer revisions of the engine.",
               cluster.behind_revisions);
    page.family("cluster_engine_answered_timestamp_seconds", "gauge",
                "Unix time of the last answer of the engine; 0 if never.");
    page.sample({}, seconds(cluster.answered_ms));
    page.gauge("outbox_capacity_bytes", "Size of the outbox.", cluster.outbox_bytes);
    page.gauge("outbox_used_bytes", "Bytes in the outbox that the cluster has not applied.",
               cluster.waiting_bytes);
}

struct NodeFamily {
    std::string_view name;
    std::string_view help;
    std::uint64_t (*value)(const NodeStatus&);
};

// clang-format off
constexpr std::array<NodeFamily, 3> node_families{{
    {"node_up", "Whether the node of the cluster is alive.",
     [](const NodeStatus& n) -> std::uint64_t { return n.alive ? 1 : 0; }},
    {"node_stored_revision", "Revision of the engine up to which the node has stored everything.",
     [](const NodeStatus& n) { return n.stored_revision; }},
    {"node_clients", "Clients that are online at the node.",
     [](const NodeStatus& n) -> std::uint64_t { return n.clients; }},
}};
// clang-format on

void print_nodes(Page& page, const ClusterStatus& cluster) {
    for (const NodeFamily& family : node_families) {
        page.family(family.name, "gauge", family.help);
        for (const NodeStatus& node : cluster.nodes) {
            page.sample("node=\"" + label(node.name) + "\"", family.value(node));
        }
    }
}

void print_places(Page& page, const Status& status) {
    page.family("client_node", "gauge",
                "Always 1, for each client that is online in the cluster; the label is its node.");
    for (const ClientStatus& client : status.clients) {
        if (!client.online) continue;
        page.sample("client=\"" + label(client.id) + "\",node=\"" + label(client.node) + "\"", 1);
    }
}

void print_log(Page& page, const Status& status) {
    page.counter("messages_total", "Messages accepted in this epoch.", status.last_id);
    page.gauge("visible_id", "Id of the newest message that clients may see.", status.visible_id);
    page.gauge("first_id", "Id of the oldest message in the ring.", status.first_id);
    page.gauge("ring_capacity_bytes", "Size of the ring.", status.capacity_bytes);
    page.gauge("ring_used_bytes", "Bytes of messages in the ring.", status.used_bytes);
    page.gauge("segment_bytes", "Size of the shared memory.", status.bytes);
    if (status.durability == shm::Durability::memory) return;
    page.gauge("stored_id", "Id of the newest message that is stored.", status.stored_id);
    page.gauge("store_failing", "Whether writing to the store fails.",
               status.store_state == shm::StoreState::fails ? 1 : 0);
}

struct ClientFamily {
    std::string_view name;
    std::string_view type;
    std::string_view help;
    std::string (*value)(const ClientStatus&);
};

// clang-format off
constexpr std::array<ClientFamily, 7> client_families{{
    {"client_online", "gauge", "Whether the client is online.",
     [](const ClientStatus& c) { return std::string{c.online ? "1" : "0"}; }},
    {"client_lag_messages", "gauge", "Visible messages after the cursor of the client.",
     [](const ClientStatus& c) { return std::to_string(c.behind); }},
    {"client_cursor_id", "gauge", "Cursor of the client: id of the last message that it has taken.",
     [](const ClientStatus& c) { return std::to_string(c.cursor); }},
    {"client_received_bytes_total", "counter", "Bytes received from the client.",
     [](const ClientStatus& c) { return std::to_string(c.bytes_in); }},
    {"client_sent_bytes_total", "counter", "Bytes sent to the client.",
     [](const ClientStatus& c) { return std::to_string(c.bytes_out); }},
    {"client_logins_total", "counter", "Logins of the client.",
     [](const ClientStatus& c) { return std::to_string(c.logins); }},
    {"client_last_seen_timestamp_seconds", "gauge", "Unix time when the client last sent something; 0 if never.",
     [](const ClientStatus& c) { return seconds(c.seen_ms); }},
}};
// clang-format on

/// The port of a peer is new at each login, so the peer is no label.
void print_transports(Page& page, const Status& status) {
    page.family("client_transport", "gauge",
                "Always 1, for each client that is online here; the label is tcp, tls or web.");
    for (const ClientStatus& client : status.clients) {
        const bool is_elsewhere = status.cluster && client.pid == 0;
        if (!client.online || is_elsewhere) continue;
        page.sample("client=\"" + label(client.id) + "\",transport=\"" +
                        std::string{shm::name_of(client.peer.transport)} + "\"",
                    1);
    }
}

}  // namespace

void print_metrics(std::ostream& out, const Status& status) {
    Page page{out};
    print_server(page, status);
    print_connections(page, status);
    if (status.gate) print_gate(page, *status.gate);
    if (status.cluster) print_cluster(page, *status.cluster);
    if (status.cluster) print_nodes(page, *status.cluster);
    print_log(page, status);
    for (const ClientFamily& family : client_families) {
        page.family(family.name, family.type, family.help);
        for (const ClientStatus& client : status.clients) {
            page.sample("client=\"" + label(client.id) + "\"", family.value(client));
        }
    }
    print_transports(page, status);
    if (status.cluster) print_places(page, status);
}

}  // namespace belfry::ctl
