#pragma once

#include "admission/source.hpp"
#include "base/clock.hpp"
#include "base/endpoint.hpp"
#include "base/unique_fd.hpp"

#include <boost/intrusive/list.hpp>
#include <boost/intrusive/set.hpp>

#include <algorithm>
#include <cstddef>
#include <memory_resource>
#include <optional>
#include <unordered_map>

namespace belfry::admission {

/// An accepted connection from which nothing has been read.
struct Waiting {
    base::UniqueFd socket;
    base::Endpoint peer;
    base::TimePoint since;  ///< when it was accepted
    int listener = -1;      ///< the socket that has accepted it, for an owner that has several
};

/// How many connections a waiting room may hold, and for how long.
struct WaitingLimits {
    std::size_t total;       ///< at least 1
    std::size_t per_source;  ///< at least 1
    base::Duration timeout;
};

/// Returns limits by which one source may have a quarter of the room.
[[nodiscard]] constexpr WaitingLimits waiting_limits(std::size_t total,
                                                     base::Duration timeout) noexcept {
    constexpr std::size_t shares = 4;
    return {
        .total = total, .per_source = std::max<std::size_t>(total / shares, 1), .timeout = timeout};
}

/// Holds accepted connections until their first byte is there, so that a connection costs no
/// process before that. It makes no system call except to close; the owner watches the sockets and
/// tells the time. Connections are named by their descriptor. Each operation takes O(log n) of the
/// number of sources at most.
///
/// Invariant: it holds at most `total` connections, and at most `per_source` of one source.
class WaitingRoom {
  public:
    /// @param memory where everything that it holds is allocated; it outlives the object
    explicit WaitingRoom(const WaitingLimits& limits,
                         std::pmr::memory_resource& memory = *std::pmr::get_default_resource());
    WaitingRoom(const WaitingRoom&) = delete;
    WaitingRoom& operator=(const WaitingRoom&) = delete;
    ~WaitingRoom();

    /// Adds a connection that is the newest one: `since` must not decrease from call to call. If
    /// its source has its share already, the oldest connection of that source must go for it. If
    /// the room is full, the oldest one of the source with the most connections must go.
    /// @return the connection that must go, no longer in the room
    [[nodiscard]] std::optional<Waiting> add(Waiting connection);

    [[nodiscard]] bool contains(int fd) const { return connections_.contains(fd); }

    /// Takes a connection out of the room, which must contain it.
    [[nodiscard]] Waiting take(int fd);

    /// Takes out the connection that goes first if the room is full; nothing if it is empty.
    [[nodiscard]] std::optional<Waiting> evict();

    /// Takes out a connection that has waited for the timeout or longer, if there is one.
    [[nodiscard]] std::optional<Waiting> take_expired(base::TimePoint now);

    /// Returns when the next connection expires; nothing if the room is empty.
    [[nodiscard]] base::Deadline next_expiry() const;

    [[nodiscard]] std::size_t size() const noexcept { return connections_.size(); }

  private:
    struct Group;
    using ListHook = boost::intrusive::list_member_hook<>;
    using SetHook = boost::intrusive::set_member_hook<>;
    struct Connection {
        Connection(Waiting waiting, Group& group) : waiting{std::move(waiting)}, group{&group} {}
        Waiting waiting;
        Group* group;
        ListHook by_age;
        ListHook in_group;
    };
    template <ListHook Connection::*hook>
    using ConnectionList =
        boost::intrusive::list<Connection,
                               boost::intrusive::member_hook<Connection, ListHook, hook>>;
    /// The connections of one source, oldest first.
    struct Group {
        explicit Group(const Source& source) noexcept : source{source} {}
        Source source;
        ConnectionList<&Connection::in_group> connections;
        SetHook rank;
    };
    /// Orders groups by size, and those of one size from the one whose oldest connection is the
    /// newest.
    struct BySize {
        bool operator()(const Group& a, const Group& b) const noexcept;
    };

    [[nodiscard]] std::optional<Waiting> make_room(const Source& source);
    [[nodiscard]] Waiting take(Connection& connection);

    WaitingLimits limits_;
    std::pmr::unordered_map<int, Connection> connections_;
    std::pmr::unordered_map<Source, Group, Source::Hash> groups_;  ///< none is empty
    ConnectionList<&Connection::by_age> by_age_;                   ///< oldest first
    boost::intrusive::multiset<Group, boost::intrusive::member_hook<Group, SetHook, &Group::rank>,
                               boost::intrusive::compare<BySize>>
        by_size_;  ///< largest last
};

}  // namespace belfry::admission
