#include "ctl/status.hpp"

#include "base/clock.hpp"
#include "ctl/liveness.hpp"
#include "shm/client_stats.hpp"
#include "shm/client_table.hpp"
#include "shm/process_entry.hpp"
#include "shm/session_slots.hpp"
#include "shm/words.hpp"

#include <time.h>
#include <unistd.h>

#include <algorithm>

namespace belfry::ctl {
namespace {

constexpr std::uint64_t short_window_ms = 10'000;
constexpr std::uint64_t long_window_ms = 60'000;

/// Returns the age of a process. @param start_time in clock ticks since boot
std::uint64_t seconds_since(std::uint64_t start_time) {
    timespec now{};
    ::clock_gettime(CLOCK_BOOTTIME, &now);
    const auto up = static_cast<std::uint64_t>(now.tv_sec);
    const auto started = start_time / static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
    return up - std::min(started, up);
}

/// Reads the session of a client. Without a supervisor, an entry may name a process that is dead.
void read_session(const shm::Segment& segment, std::uint32_t row, ClientStatus& client) {
    const auto slot = shm::online_slot(segment, row);
    if (!slot) return;
    const shm::ProcessEntry& entry = segment.session_process(*slot);
    client.pid = live_pid(entry);
    client.online = client.pid != 0;
    if (!client.online) return;
    client.version = shm::version_in(entry);
    const shm::SessionSlot& session = segment.session(*slot);
    client.connected_ms = session.connected_ms.load(std::memory_order_relaxed);
    client.peer = shm::peer_in(session);
}

/// Finds the node at which a client is online. A session at this node that is about to end may
/// still be there while the client has logged in elsewhere.
void read_node(const shm::Segment& segment, std::uint32_t row, ClientStatus& client) {
    if (!segment.is_in_cluster()) return;
    const std::string own = shm::shared_text(segment.cluster().node);
    client.node = node_of(segment, row);
    if (client.node == own) client.node.clear();  // also if the process of the session is dead
    if (client.online && client.node.empty()) client.node = own;
    client.online = !client.node.empty();
}

std::vector<shm::EndReason> ends_of(const shm::ClientRow& row) {
    std::vector<shm::EndReason> ends;
    for (const shm::EndReason end : shm::last_ends_of(row)) {
        if (end != shm::EndReason::none) ends.push_back(end);
    }
    return ends;
}

ClientStatus client_status(const shm::Segment& segment, std::uint32_t row) {
    ClientStatus client{};
    read_session(segment, row, client);
    read_node(segment, row, client);
    client.id = shm::name_of(segment, row);
    client.cursor = shm::cursor_of(segment, row);
    const std::uint64_t visible = segment.visible();  // read after the cursor, so never below it
    client.behind = visible - std::min(client.cursor, visible);
    const shm::ClientRow& client_row = segment.client(row);
    client.seq = client_row.last_seq.load();
    client.bytes_in = client_row.bytes_in.load(std::memory_order_relaxed);
    client.bytes_out = client_row.bytes_out.load(std::memory_order_relaxed);
    client.seen_ms = client_row.seen_ms.load(std::memory_order_relaxed);
    client.logins = client_row.logins.load(std::memory_order_relaxed);
    client.ended_ms = client_row.ended_ms.load(std::memory_order_relaxed);
    client.last_ends = ends_of(client_row);
    return client;
}

/// Measures how much of the ring is used. Both ends move while a server runs, so the older end is
/// read first, and the results are clamped.
void measure_ring(const shm::Segment& segment, Status& status) {
    const auto bytes_to = [&](std::uint64_t id) {
        const std::uint64_t start = segment.position(segment.log().first_id.load()).load();
        const std::uint64_t end = segment.position(id + 1).load();
        return id < status.first_id ? 0
                                    : std::min(end - std::min(start, end), status.capacity_bytes);
    };
    status.stored_bytes = segment.has_store() ? bytes_to(status.stored_id) : 0;
    status.visible_bytes = bytes_to(status.visible_id);
    status.used_bytes = bytes_to(status.last_id);
}

/// Reads what is known of the gate, except for its relays. A server has a gate if it uses one of
/// its ports, also while the gate is dead.
std::optional<GateStatus> read_gate(const shm::Segment& segment) {
    const GateStatus gate{.pid = live_pid(segment.gate_process()),
                          .tls_port = segment.prefix().tls_port.load(),
                          .web_port = segment.prefix().web_port.load(),
                          .certificate_expires_ms = segment.server().certificate_expires_ms.load()};
    if (gate.pid == 0 && gate.tls_port == 0 && gate.web_port == 0) return {};
    return gate;
}

bool has_relay(const shm::Segment& segment, std::uint32_t slot) {
    return shm::peer_in(segment.session(slot)).transport != shm::Transport::tcp;
}

/// Counts the sessions. Only those that count need a look at whether their process is alive.
void count_sessions(const shm::Segment& segment, Status& status) {
    for (std::uint32_t slot = 0; slot < segment.geometry().session_slots; ++slot) {
        const bool logged_in = shm::is_logged_in(segment, slot);
        const bool relayed = status.gate && has_relay(segment, slot);
        if (logged_in && !relayed) continue;
        if (live_pid(segment.session_process(slot)) == 0) continue;
        if (!logged_in) ++status.not_logged_in;
        if (relayed) ++status.gate->relays;
    }
    const auto is_here = [](const ClientStatus& client) { return client.pid != 0; };
    status.online = static_cast<std::uint32_t>(std::ranges::count_if(status.clients, is_here));
}

void read_server(const shm::Segment& segment, Status& status) {
    const shm::ProcessEntry& supervisor = segment.process(shm::supervisor_entry);
    const shm::ProcessEntry& archiver = segment.process(shm::archiver_entry);
    status.supervisor = live_pid(supervisor);
    status.archiver = live_pid(archiver);
    if (status.supervisor != 0) {
        status.uptime_s = seconds_since(supervisor.start_time.load());
        status.supervisor_version = shm::version_in(supervisor);
    }
    if (status.archiver != 0) status.archiver_version = shm::version_in(archiver);
    const shm::ServerBlock& server = segment.server();
    status.archiver_restarts = server.archiver_restarts.load(std::memory_order_relaxed);
    status.max_online = server.max_online.load(std::memory_order_relaxed);
    status.refused_logins = server.refused_logins.load(std::memory_order_relaxed);
    // Waiting connections end with the supervisor, which holds them.
    if (status.supervisor != 0) {
        status.waiting_connections = server.waiting_connections.load(std::memory_order_relaxed);
    }
    status.refused_connections = server.refused_connections.load(std::memory_order_relaxed);
    status.limited_connections = server.limited_connections.load(std::memory_order_relaxed);
    status.sandbox_seccomp = server.sandbox_seccomp.load(std::memory_order_relaxed) != 0;
    status.sandbox_landlock = server.sandbox_landlock.load(std::memory_order_relaxed);
    for (std::size_t reason = 0; reason < status.ends.size(); ++reason) {
        status.ends[reason] = server.ends[reason].load(std::memory_order_relaxed);
    }
    status.port = segment.prefix().port.load();
    status.stopping = segment.stop_word() != shm::StopWord::running;
}

}  // namespace

Status read_status(const shm::FoundSegment& found) {
    const shm::Segment& segment = found.segment;
    const shm::LogHeader& log = segment.log();
    Status status{};
    status.now_ms = base::unix_ms();
    status.key = found.name.key;
    status.shmid = found.name.shmid;
    status.bytes = segment.prefix().segment_bytes;
    status.attached = shm::attached_processes(found.name.shmid) - 1;
    status.epoch = segment.epoch();
    status.created_ms = segment.geometry().created_ms;
    status.first_id = log.first_id.load();
    status.stored_id = log.stored_id.load();
    status.visible_id = segment.visible();
    status.last_id = log.last_id.load();
    status.capacity_bytes = segment.geometry().ring_bytes;
    measure_ring(segment, status);
    status.durability = segment.durability();
    status.store_state = segment.store_state();
    read_server(segment, status);
    status.gate = read_gate(segment);
    status.cluster = read_cluster(segment);
    for (std::uint32_t row = 0; row < segment.geometry().client_rows; ++row) {
        if (shm::is_known(segment, row)) status.clients.push_back(client_status(segment, row));
    }
    count_sessions(segment, status);
    status.rate = read_rate(segment, short_window_ms, status.now_ms);
    status.long_rate = read_rate(segment, long_window_ms, status.now_ms);
    return status;
}

std::string_view store_word(const Status& status) noexcept {
    if (status.durability == shm::Durability::memory) return "none";
    return shm::name_of(status.store_state);
}

}  // namespace belfry::ctl
