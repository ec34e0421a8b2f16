#include "shm/client_table.hpp"

#include "shm/ordering.hpp"
#include "shm/process_entry.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <utility>
#include <vector>

namespace belfry::shm {
namespace {

std::uint32_t used_rows(const Segment& segment) noexcept {
    std::uint32_t rows = segment.geometry().client_rows;
    while (rows > 0 && name_of(segment, rows - 1).empty()) --rows;
    return rows;
}

/// Writes the name with its first byte last. If the process dies before that, the row is still free
/// and no partial name is visible.
void put_name(ClientRow& row, std::string_view name) noexcept {
    std::array<char, sizeof row.name> padded{};
    std::copy_n(name.data(), std::min(name.size(), padded.size()), padded.data());
    std::memcpy(row.name + 1, padded.data() + 1, padded.size() - 1);
    std::atomic_ref{row.name[0]}.store(padded[0], std::memory_order_release);
}

void let_log_in(ClientRow& row, const KnownClient& client) noexcept {
    row.secret_version.store(client.secret_version, std::memory_order_relaxed);
    row.known.store(1, std::memory_order_release);
}

/// Returns the node at which the client has its login; null if it has none.
const NodeRow* node_of_login(const Segment& segment, std::uint32_t row) noexcept {
    const ClientRow& client = segment.client(row);
    if (client.login.load(std::memory_order_acquire) == 0) return nullptr;
    const std::uint32_t node = client.login_node.load(std::memory_order_acquire);
    return node != 0 && node <= node_rows ? &segment.cluster().nodes[node - 1] : nullptr;
}

/// The rows of a list of clients.
struct Placement {
    std::vector<const KnownClient*> of_row;  ///< null for a row whose client is not listed
    std::vector<const KnownClient*> added;   ///< those that have no row yet
};

Placement place(const Segment& segment, std::span<const KnownClient> clients) {
    std::vector<std::pair<std::string_view, std::uint32_t>> rows;
    for (std::uint32_t row = 0; row < used_rows(segment); ++row) {
        rows.emplace_back(name_of(segment, row), row);
    }
    std::ranges::sort(rows);
    Placement placement{.of_row = std::vector<const KnownClient*>(rows.size()), .added = {}};
    for (const KnownClient& client : clients) {
        const auto found = std::ranges::lower_bound(rows, client.id, {},
                                                    [](const auto& row) { return row.first; });
        if (found != rows.end() && found->first == client.id) {
            placement.of_row[found->second] = &client;
        } else {
            placement.added.push_back(&client);
        }
    }
    return placement;
}

}  // namespace

std::optional<std::uint32_t> find_row(const Segment& segment, std::string_view name) noexcept {
    for (std::uint32_t row = 0; row < segment.geometry().client_rows; ++row) {
        if (name_of(segment, row) == name) return row;
    }
    return {};
}

std::optional<std::uint32_t> find_client(const Segment& segment,
                                         std::string_view client_id) noexcept {
    const auto row = find_row(segment, client_id);
    return row && is_known(segment, *row) ? row : std::nullopt;
}

bool is_known(const Segment& segment, std::uint32_t row) noexcept {
    return segment.client(row).known.load(std::memory_order_acquire) != 0;
}

std::string_view name_of(const Segment& segment, std::uint32_t row) noexcept {
    return text_in(segment.client(row).name);
}

std::uint64_t cursor_of(const Segment& segment, std::uint32_t row) noexcept {
    return unpack_cursor(segment.client(row).cursor.load(std::memory_order_acquire)).id;
}

std::optional<OnlineSession> online_session(const Segment& segment, std::uint32_t row) noexcept {
    const Halves session = unpack(segment.client(row).session.load(std::memory_order_acquire));
    if (session.high == 0 || session.low >= segment.geometry().session_slots) return {};
    const std::uint64_t word =
        segment.session_process(session.low).word.load(std::memory_order_acquire);
    if (unpack(word).high != session.high || unpack(word).low == 0) return {};
    return OnlineSession{session.low, word};
}

base::UniqueFd open_session(const Segment& segment, const OnlineSession& session) noexcept {
    const ProcessEntry& entry = segment.session_process(session.slot);
    // open_named() compares the start time too: without a supervisor a session that has ended keeps
    // its slot, and its pid may already belong to another process.
    base::UniqueFd process = open_named(entry).pidfd;
    const bool same = entry.word.load() == session.word;
    return same ? std::move(process) : base::UniqueFd{};
}

std::optional<std::uint32_t> online_slot(const Segment& segment, std::uint32_t row) noexcept {
    const auto session = online_session(segment, row);
    return session ? std::optional{session->slot} : std::nullopt;
}

bool is_online(const Segment& segment, std::uint32_t row) noexcept {
    if (!segment.is_in_cluster()) return online_slot(segment, row).has_value();
    const NodeRow* const node = node_of_login(segment, row);
    return node != nullptr && node->is_alive.load(std::memory_order_acquire) != 0;
}

bool is_login_of_this_node(const Segment& segment, std::uint32_t row) noexcept {
    const NodeRow* const node = node_of_login(segment, row);
    return node != nullptr &&
           node->incarnation.load(std::memory_order_acquire) == segment.outbox().incarnation;
}

std::uint32_t count_online(const Segment& segment) noexcept {
    std::uint32_t online = 0;
    for (std::uint32_t row = 0; row < segment.geometry().client_rows; ++row) {
        if (online_slot(segment, row)) ++online;
    }
    return online;
}

bool set_known_clients(Segment& segment, std::span<const KnownClient> clients) {
    const Placement placement = place(segment, clients);
    auto next = static_cast<std::uint32_t>(placement.of_row.size());
    if (next + placement.added.size() > segment.geometry().client_rows) return false;

    for (std::uint32_t row = 0; row < placement.of_row.size(); ++row) {
        ClientRow& changed = segment.client(row);
        const KnownClient* const client = placement.of_row[row];
        if (client == nullptr) {
            changed.known.store(0, std::memory_order_release);
        } else {
            let_log_in(changed, *client);
        }
    }
    for (const KnownClient* const client : placement.added) {
        ClientRow& row = segment.client(next++);
        put_name(row, client->id);
        let_log_in(row, *client);
    }
    // For a client that is not known any more, or whose secrets have changed: either its login sees
    // that, or the supervisor, which looks at the slots after this, sees the login
    // (Session::login()).
    order_store_and_load();
    return true;
}

}  // namespace belfry::shm
