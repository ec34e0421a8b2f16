#include "cluster/apply.hpp"

#include "shm/layout.hpp"
#include "shm/seq_rules.hpp"
#include "wire/entry.hpp"
#include "wire/limits.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <utility>

namespace belfry::cluster {
namespace {

using wire::Entry;
using wire::EntryKind;

/// SQLite's integers have a sign.
constexpr std::uint64_t max_time_ms = std::numeric_limits<std::int64_t>::max();

bool has_client(const Entry& entry) noexcept {
    switch (entry.kind) {
        case EntryKind::message:
        case EntryKind::login:
        case EntryKind::logout:
        case EntryKind::cursor:
        case EntryKind::reset_seq:
            return true;
        default:
            return false;
    }
}

bool needs_login(EntryKind kind) noexcept {
    return kind == EntryKind::message || kind == EntryKind::login || kind == EntryKind::logout ||
           kind == EntryKind::cursor;
}

bool is_well_formed(const Entry& entry, std::uint64_t incarnation,
                    std::uint64_t max_payload) noexcept {
    if (has_client(entry) && !wire::is_client_id(entry.name)) return false;
    if (needs_login(entry.kind) && entry.login == 0) return false;
    if (entry.kind == EntryKind::message)
        return entry.body.size() <= max_payload && entry.time_ms <= max_time_ms;
    if (entry.kind == EntryKind::node) return !entry.name.empty() && entry.login == incarnation;
    return true;
}

bool is_known(EntryKind kind) noexcept {
    return kind >= EntryKind::message && kind < EntryKind::rules;
}

/// Applies one batch.
class Application {
  public:
    Application(State& state, const BatchKey& key, Changes& changes) noexcept
        : state_{state}, key_{key}, changes_{changes} {}

    /// Applies the entries of a batch, which must be known to be well-formed.
    Verdict run(std::string_view bytes) {
        if (!find_node(bytes)) return Verdict::foreign;
        NodeState& node = state_.nodes.find(node_)->second;
        if (key_.position > node.next) return Verdict::hole;
        std::uint64_t position = key_.position;
        while (!bytes.empty()) {
            const Entry entry = *wire::decode_entry(bytes);
            const std::size_t size = wire::bytes_of(entry);
            if (position == node.next) {
                apply(entry);
                node.next += size;
            }
            position += size;
            bytes.remove_prefix(size);
        }
        changes_.nodes.insert(node_);
        return Verdict::applied;
    }

    /// Ends the incarnation of a malformed batch. What else it has written cannot be trusted, and
    /// the other nodes must be able to go on.
    Verdict end_incarnation() {
        node_ = node_of(state_, key_.incarnation);
        if (node_.empty()) return Verdict::foreign;
        NodeState& node = state_.nodes.find(node_)->second;
        if (key_.position > node.next) return Verdict::hole;
        end_logins();
        node.incarnation = 0;
        changes_.nodes.insert(node_);
        return Verdict::malformed;
    }

  private:
    using Client = ByName<ClientState>::value_type;

    /// Finds the node whose current incarnation has made the batch. The first entry of a new
    /// incarnation makes it the current one.
    bool find_node(std::string_view bytes) {
        node_ = node_of(state_, key_.incarnation);
        if (!node_.empty()) return true;
        if (key_.position != 0 || bytes.empty()) return false;
        const Entry first = *wire::decode_entry(bytes);
        if (first.kind != EntryKind::node) return false;
        const auto [node, is_new] = state_.nodes.try_emplace(std::string{first.name});
        node_ = node->first;
        end_logins();
        node->second.incarnation = key_.incarnation;
        node->second.next = 0;
        return true;
    }

    /// Ends the logins of the node's earlier incarnation.
    void end_logins() {
        for (Client& client : state_.clients) {
            if (client.second.login != 0 && client.second.node == node_) end_login(client);
        }
    }

    void end_login(Client& client) {
        client.second.login = 0;
        client.second.node.clear();
        note_change(client);
    }

    /// Adds a client to the changes. Most entries follow one of the same client.
    void note_change(const Client& client) {
        if (&client == changed_) return;
        changes_.clients.insert(client.first);
        changed_ = &client;
    }

    /// Finds a client. Most entries follow one of the same client.
    /// @return null if the state does not have it
    Client* find_client(std::string_view name) {
        if (found_ != nullptr && found_->first == name) return found_;
        const auto client = state_.clients.find(name);
        if (client == state_.clients.end()) return nullptr;
        found_ = &*client;
        return found_;
    }

    void apply(const Entry& entry) {
        switch (entry.kind) {
            case EntryKind::message:
                return append(entry);
            case EntryKind::login:
                return log_in(entry);
            case EntryKind::logout:
                return log_out(entry);
            case EntryKind::cursor:
                return raise_cursor(entry);
            case EntryKind::node:
                state_.nodes.find(node_)->second.address = entry.body;
                return;
            case EntryKind::trim:
                return trim(entry);
            case EntryKind::reset_seq:
                return reset_seq(entry);
            case EntryKind::rules:
                return;
        }
    }

    /// Returns the client if the entry comes from its current login.
    Client* current(const Entry& entry) {
        Client* const client = find_client(entry.name);
        return client != nullptr && client->second.login == entry.login ? client : nullptr;
    }

    void append(const Entry& entry) {
        Client* const found = current(entry);
        if (found == nullptr) return;
        ClientState& client = found->second;
        store::ClusterPosition& log = state_.position;
        if (entry.number <= client.seq || entry.number > shm::max_seq ||
            shm::is_too_far(entry.number, client.seq) || log.last_id >= shm::max_id) {
            return;
        }
        client.seq = entry.number;
        if (client.seq <= shm::max_free_seq) client.free_seq = client.seq;
        ++log.last_id;
        log.last_time_ms = std::max(log.last_time_ms, entry.time_ms);
        changes_.messages.push_back(
            {log.last_id, found->first, client.seq, log.last_time_ms, entry.body});
        note_change(*found);
    }

    void log_in(const Entry& entry) {
        Client* found = find_client(entry.name);
        if (found == nullptr) {
            if (entry.number != 0) return;
            found = &*state_.clients.try_emplace(std::string{entry.name}).first;
        }
        ClientState& client = found->second;
        if (client.login != entry.number) return;
        client.login = entry.login;
        client.node = node_;
        note_change(*found);
    }

    void log_out(const Entry& entry) {
        Client* const found = current(entry);
        if (found == nullptr) return;
        raise_cursor(entry);
        end_login(*found);
    }

    void raise_cursor(const Entry& entry) {
        Client* const found = current(entry);
        if (found == nullptr) return;
        const std::uint64_t cursor = std::min(entry.number, state_.position.last_id);
        if (cursor <= found->second.cursor) return;
        found->second.cursor = cursor;
        note_change(*found);
    }

    void trim(const Entry& entry) {
        store::ClusterPosition& log = state_.position;
        const std::uint64_t wanted = std::min(entry.number, log.last_id + 1);
        log.first_id = std::max(log.first_id, std::min(wanted, log.first_id + max_trimmed));
    }

    void reset_seq(const Entry& entry) {
        Client* const found = find_client(entry.name);
        if (found == nullptr) return;
        found->second.seq = found->second.free_seq;
        end_login(*found);
    }

    State& state_;
    const BatchKey& key_;
    Changes& changes_;
    std::string_view node_;            ///< as the state stores it
    Client* found_ = nullptr;          ///< by the last find_client()
    const Client* changed_ = nullptr;  ///< the last one that note_change() has added
};

/// Looks for what must not be applied, so that a batch is applied completely or not at all.
/// @param next the position from which its entries are new
std::optional<Verdict> reason_to_refuse(const Batch& batch, std::uint64_t next,
                                        std::uint64_t max_payload) {
    std::string_view bytes = batch.bytes;
    std::uint64_t position = batch.key.position;
    while (!bytes.empty()) {
        const auto entry = wire::decode_entry(bytes);
        if (!entry) return Verdict::malformed;
        if (!is_known(entry->kind)) return Verdict::unknown_kind;
        if (!is_well_formed(*entry, batch.key.incarnation, max_payload)) return Verdict::malformed;
        const std::size_t size = wire::bytes_of(*entry);
        if (position < next && next - position < size) return Verdict::malformed;
        position += size;
        bytes.remove_prefix(size);
    }
    return {};
}

}  // namespace

store::ClusterStep step_of(const State& state, const Changes& changes) {
    store::ClusterStep step{changes.messages, {}, {}, state.position};
    for (const std::string_view name : changes.clients) {
        const ClientState& client = state.clients.find(name)->second;
        step.clients.push_back({std::string{name}, client.cursor, client.seq, client.free_seq,
                                client.login, client.node});
    }
    for (const std::string_view name : changes.nodes) {
        const NodeState& node = state.nodes.find(name)->second;
        step.nodes.push_back({std::string{name}, node.incarnation, node.next, node.address});
    }
    return step;
}

Verdict apply(State& state, const Batch& batch, std::uint64_t max_payload, Changes& changes) {
    if (batch.key.revision <= state.position.revision) return Verdict::applied;
    const auto node = state.nodes.find(node_of(state, batch.key.incarnation));
    const std::uint64_t next = node == state.nodes.end() ? 0 : node->second.next;
    const auto reason = reason_to_refuse(batch, next, max_payload);
    if (reason == Verdict::unknown_kind) return *reason;
    Application application{state, batch.key, changes};
    const Verdict verdict = reason ? application.end_incarnation() : application.run(batch.bytes);
    if (must_stop(verdict)) return verdict;
    state.position.revision = batch.key.revision;
    return verdict;
}

}  // namespace belfry::cluster
