#include "ctl/status_page.hpp"

#include "base/endpoint.hpp"
#include "ctl/human.hpp"
#include "shm/words.hpp"

#include <algorithm>
#include <iomanip>
#include <ostream>
#include <sstream>

namespace belfry::ctl {
namespace {

constexpr std::uint64_t bar_width = 40;
/// The page asks for a new certificate so long before the old one expires.
constexpr std::uint64_t renewal_ms = 14ULL * 24 * 60 * 60 * 1000;
constexpr std::size_t max_ends = 4;  ///< how many ends are shown in a client's line

/// Formats a line as `name        text`.
std::string line(std::string_view name, const std::string& text) {
    std::ostringstream out;
    out << std::left << std::setw(12) << name << text;
    return out.str();
}

std::string process_text(pid_t pid, const std::string& version) {
    if (pid == 0) return "not running";
    return std::to_string(pid) + ", version " + plain(version);
}

std::string server_text(const Status& status) {
    if (status.supervisor == 0) return "not running";
    return std::string{status.stopping ? "stopping" : "up"} + " " +
           short_duration(status.uptime_s) + ", port " + std::to_string(status.port);
}

std::string segment_text(const Status& status) {
    std::ostringstream out;
    out << "key 0x" << std::hex << std::setw(8) << std::setfill('0')
        << static_cast<std::uint32_t>(status.key) << std::dec << ", shmid " << status.shmid << ", "
        << status.bytes << " bytes, " << status.attached << " processes attached";
    return out.str();
}

std::string log_text(const Status& status) {
    return "epoch " + plain(status.epoch) + ", messages " + std::to_string(status.first_id) +
           " to " + std::to_string(status.last_id) + ", visible up to " +
           std::to_string(status.visible_id) + ", " + std::to_string(status.used_bytes) + " of " +
           std::to_string(status.capacity_bytes) + " bytes";
}

/// Returns the width of a part of the bar. A part that is not empty gets at least one column.
std::uint64_t bar_columns(std::uint64_t bytes, std::uint64_t capacity) {
    if (bytes == 0 || capacity == 0) return 0;
    const double part = static_cast<double>(bytes) / static_cast<double>(capacity);
    return std::clamp<std::uint64_t>(static_cast<std::uint64_t>(part * bar_width), 1, bar_width);
}

/// Draws the ring as `[###==-......]`: stored, visible but not stored, not visible yet, free.
std::string ring_text(const Status& status) {
    const std::uint64_t stored = std::min(status.stored_bytes, status.used_bytes);
    const std::uint64_t shown = std::clamp(status.visible_bytes, stored, status.used_bytes);
    const std::uint64_t free = status.capacity_bytes - status.used_bytes;
    std::string bar;
    const auto add = [&bar, &status](std::uint64_t bytes, char mark) {
        const std::uint64_t room = bar_width - bar.size();
        bar.append(std::min(bar_columns(bytes, status.capacity_bytes), room), mark);
    };
    add(stored, '#');
    add(shown - stored, '=');
    add(status.used_bytes - shown, '-');
    bar.resize(bar_width, '.');
    return "[" + bar + "]  # " + short_bytes(stored) + " stored, = " + short_bytes(shown - stored) +
           " visible but not stored, - " + short_bytes(status.used_bytes - shown) +
           " not visible yet, . " + short_bytes(free) + " free";
}

std::string rate_text(const Rate& rate) {
    return short_number(rate.messages_per_s) + " messages/s, " +
           short_bytes(static_cast<std::uint64_t>(rate.bytes_per_s)) + " bytes/s over " +
           short_number(rate.over_s) + " s";
}

std::string store_text(const Status& status) {
    std::string word{store_word(status)};
    if (status.durability == shm::Durability::memory) return word;
    return word + ", messages up to " + std::to_string(status.stored_id) + " are stored";
}

std::string archiver_text(const Status& status) {
    std::string text = process_text(status.archiver, status.archiver_version);
    if (status.archiver_restarts == 0) return text;
    return text + ", restarted " + std::to_string(status.archiver_restarts) + " times";
}

std::string sessions_text(const Status& status) {
    return std::to_string(status.online) + " of at most " + std::to_string(status.max_online) +
           " online, " + std::to_string(status.not_logged_in) + " not logged in, " +
           std::to_string(status.refused_logins) + " logins refused";
}

std::string connections_text(const Status& status) {
    return std::to_string(status.waiting_connections) + " waiting, " +
           std::to_string(status.refused_connections) + " refused, " +
           std::to_string(status.limited_connections) + " over a limit";
}

std::string sandbox_text(const Status& status) {
    const std::string landlock =
        status.sandbox_landlock == 0 ? "off" : "version " + std::to_string(status.sandbox_landlock);
    return std::string{"seccomp "} + (status.sandbox_seccomp ? "on" : "off") + ", Landlock " +
           landlock;
}

/// Formats when a certificate expires. `!` marks one that has to be renewed soon.
std::string certificate_text(std::uint64_t expires_ms, std::uint64_t now_ms) {
    if (expires_ms == 0) return "no certificate";
    if (expires_ms <= now_ms) {
        return "! certificate expired " + short_duration((now_ms - expires_ms) / 1000) + " ago";
    }
    const std::uint64_t left_ms = expires_ms - now_ms;
    return std::string{left_ms < renewal_ms ? "! " : ""} + "certificate expires in " +
           short_duration(left_ms / 1000);
}

std::string gate_text(const Status& status) {
    if (!status.gate) return "none";
    const GateStatus& gate = *status.gate;
    std::string text = gate.pid == 0 ? "not running" : std::to_string(gate.pid);
    if (gate.tls_port != 0) text += ", TLS port " + std::to_string(gate.tls_port);
    if (gate.web_port != 0) text += ", web port " + std::to_string(gate.web_port);
    return text + ", " + std::to_string(gate.relays) + " relays, " +
           certificate_text(gate.certificate_expires_ms, status.now_ms);
}

std::string ended_text(const Status& status) {
    std::string text;
    for (std::size_t reason = 1; reason < status.ends.size(); ++reason) {
        if (status.ends[reason] == 0) continue;
        text += (text.empty() ? "" : ", ") + std::to_string(status.ends[reason]) + " " +
                std::string{shm::name_of(static_cast<shm::EndReason>(reason))};
    }
    return text.empty() ? "none" : text;
}

/// Formats the time since `then_ms`; `-` if that is 0.
std::string age(std::uint64_t then_ms, std::uint64_t now_ms) {
    if (then_ms == 0) return "-";
    return short_duration((now_ms - std::min(then_ms, now_ms)) / 1000);
}

/// Formats the last ends of a client's sessions, newest first: `quit 4m10s ago, killed`.
std::string last_ends_text(const ClientStatus& client, std::uint64_t now_ms) {
    std::string text;
    for (const shm::EndReason& end : client.last_ends) {
        if (&end - client.last_ends.data() == max_ends) break;
        text += text.empty() ? "" : ", ";
        text += shm::name_of(end);
        if (&end == client.last_ends.data()) text += " " + age(client.ended_ms, now_ms) + " ago";
    }
    return text.empty() ? "-" : text;
}

/// The texts of a row of the table. The first two columns are left-aligned; the last has no
/// width limit.
struct Columns {
    std::string id, state, via, pid, version, behind, in, out, seen, cursor, seq, peer, ends;
};

std::string row(const Columns& c) {
    std::ostringstream out;
    out << std::left << std::setw(18) << c.id << ' ' << std::setw(7) << c.state << std::right
        << std::setw(4) << c.via << std::setw(8) << c.pid << ' ' << std::setw(8) << c.version
        << std::setw(12) << c.behind << std::setw(7) << c.in << std::setw(7) << c.out
        << std::setw(8) << c.seen << std::setw(12) << c.cursor << std::setw(12) << c.seq << "  "
        << std::left << std::setw(22) << c.peer << ' ' << c.ends;
    return out.str();
}

}  // namespace

std::vector<std::string> head_lines(const Status& status) {
    const char* const archiver = status.cluster ? "replica" : "archiver";
    std::vector<std::string> lines{
        line("server", server_text(status)),
        line("segment", segment_text(status)),
        line("log", log_text(status)),
        line("ring", ring_text(status)),
        line("rate", rate_text(status.rate) + "; " + rate_text(status.long_rate)),
        line("durability", std::string{shm::name_of(status.durability)}),
        line("store", store_text(status)),
        line("supervisor", process_text(status.supervisor, status.supervisor_version)),
        line(archiver, archiver_text(status)),
        line("sessions", sessions_text(status)),
        line("connections", connections_text(status)),
        line("sandbox", sandbox_text(status)),
        line("gate", gate_text(status)),
        line("ended", ended_text(status))};
    if (!status.cluster) return lines;
    for (std::string& text : cluster_lines(*status.cluster, status.now_ms)) {
        lines.push_back(std::move(text));
    }
    return lines;
}

std::string client_heading() {
    return row({"client", "state", "via", "pid", "version", "behind", "in", "out", "seen", "cursor",
                "seq", "peer", "last ends"});
}

std::string client_line(const ClientStatus& client, std::uint64_t now_ms) {
    const bool is_here = client.online && client.pid != 0;
    const auto if_here = [is_here](std::string text) { return is_here ? std::move(text) : "-"; };
    const bool is_elsewhere = client.online && !is_here;
    return row({plain(client.id), client.online ? "online" : "offline",
                if_here(std::string{shm::name_of(client.peer.transport)}),
                if_here(std::to_string(client.pid)), if_here(plain(client.version)),
                std::to_string(client.behind), short_bytes(client.bytes_in),
                short_bytes(client.bytes_out), age(client.seen_ms, now_ms),
                std::to_string(client.cursor), std::to_string(client.seq),
                is_elsewhere ? "at node " + plain(client.node)
                             : if_here(base::to_string(client.peer.endpoint)),
                last_ends_text(client, now_ms)});
}

void print_page(std::ostream& out, const Status& status) {
    for (const std::string& text : head_lines(status)) out << text << '\n';
    out << '\n' << client_heading() << '\n';
    for (const ClientStatus& client : status.clients) {
        out << client_line(client, status.now_ms) << '\n';
    }
}

}  // namespace belfry::ctl
