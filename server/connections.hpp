#pragma once

#include "admission/source_limits.hpp"
#include "admission/waiting_room.hpp"
#include "auth/known_clients.hpp"
#include "base/clock.hpp"
#include "base/unique_fd.hpp"
#include "sandbox/sandbox.hpp"
#include "server/child_table.hpp"
#include "server/gate_listener.hpp"
#include "server/listener.hpp"
#include "server/refusals.hpp"
#include "server/small_child.hpp"
#include "shm/segment.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <memory_resource>
#include <optional>

namespace belfry::server {

/// The parts of the supervisor that Connections needs. All of it outlives Connections.
struct ConnectionsContext {
    shm::Segment& segment;
    const std::filesystem::path& data_dir;
    const base::UniqueFd& alive;  ///< children inherit it
    const base::UniqueFd& epoll;
    ChildTable& children;
    admission::SourceLimits& limits;
    const sandbox::Sandbox& sandbox;
    auth::KnownClients& clients;
};

/// The way of a connection from its accept to the fork of its session child. A connection has no
/// process before its first byte is there. After that it needs tokens of its source
/// (admission/source_limits.hpp), and then a free slot. A connection that is over a limit is closed
/// without a line. If the system has no process or descriptor left, it gets `too-many-clients`.
///
/// The connection of a relay comes from GateListener after its header. It has waited at the gate,
/// which limits those, so here it needs only tokens of the client's source and a slot. A relay gets
/// no line at all.
///
/// Only the supervisor uses it. No function waits, and the work of one call is bounded, so that a
/// flood does not keep the supervisor from anything else.
class Connections {
  public:
    /// Begins to watch the listening sockets.
    /// @param relays nullptr without a gate
    /// @throws StartError
    Connections(const ConnectionsContext& context, Listener& listener, GateListener* relays,
                std::size_t max_waiting);

    /// The events that this object watches in epoll. All others are smaller.
    static constexpr std::uint64_t first_event = 1ULL << 32;
    [[nodiscard]] static constexpr bool is_event(std::uint64_t event) noexcept {
        return event >= first_event && event <= relay_event;
    }

    /// Returns how many descriptors it may need.
    [[nodiscard]] static constexpr std::uint64_t descriptors_for(
        std::uint64_t max_waiting) noexcept {
        return max_waiting + max_held + max_granted;
    }

    /// Handles such an event.
    void handle(std::uint64_t event);

    /// Does what is due. It must be called in each turn of the supervisor's loop.
    void turn();

    /// Returns how long the next turn() may be delayed.
    [[nodiscard]] std::chrono::milliseconds max_wait() const;

    /// Stops listening, and closes the connections that have no process.
    void close();

  private:
    using Waiting = admission::Waiting;

    static constexpr std::uint64_t listener_event = first_event << 1;
    static constexpr std::uint64_t relay_event = listener_event + 1;

    /// How many connections may wait for tokens. More logins at once are unlikely.
    static constexpr std::size_t max_held = 1024;
    /// How many may wait for a slot.
    static constexpr std::size_t max_granted = 256;

    /// A connection whose first byte is there, or whose header was read.
    struct Ready {
        RelayedConnection connection;  ///< the transport of a direct one is TCP
        base::TimePoint login_by;
        base::TimePoint since;  ///< when it was ready
    };

    void accept_some();
    void accept_relays();
    void refuse_without_descriptor();
    void refuse_relay_without_descriptor();
    [[nodiscard]] bool free_descriptor();
    void arrive(Accepted accepted);
    void look_at(int fd);
    void wait(Waiting connection);
    void ask(Waiting connection);
    void ask(Ready ready);
    [[nodiscard]] admission::SourceLimits::Verdict verdict_on(const admission::Source& source);
    bool settle();
    void ask_held();
    void fork_granted();
    void make_slots();
    void fork(Ready ready);
    void expire();
    void count_limited(const base::Endpoint& peer);
    void refuse(base::UniqueFd socket, shm::Transport transport, const std::string& why);
    void watch_listeners(bool wanted);
    void watch(int fd, std::uint64_t event);
    void stop_watching(const Waiting& connection) noexcept;

    ConnectionsContext context_;
    Listener* listener_;
    GateListener* relays_;
    Refusals refusals_;
    RareLine limited_line_;
    base::UniqueFd reserve_;  ///< closed if no other is left, to accept and refuse a connection
    OwnMemory pages_;
    std::pmr::unsynchronized_pool_resource pool_{&pages_};
    admission::WaitingRoom room_;
    std::pmr::deque<Ready> held_{&pool_};     ///< without tokens, but they may soon be there
    std::pmr::deque<Ready> granted_{&pool_};  ///< with tokens
    bool listening_ = false;
    // In this turn:
    bool has_settled_ = false;
    bool needs_slot_ = false;  ///< a connection has tokens, but no slot is free
    int forks_left_ = 0;
};

}  // namespace belfry::server
