#include "admission/waiting_room.hpp"

#include <utility>

namespace belfry::admission {

bool WaitingRoom::BySize::operator()(const Group& a, const Group& b) const noexcept {
    const std::size_t size_of_a = a.connections.size();
    const std::size_t size_of_b = b.connections.size();
    if (size_of_a != size_of_b) return size_of_a < size_of_b;
    return a.connections.front().waiting.since > b.connections.front().waiting.since;
}

WaitingRoom::WaitingRoom(const WaitingLimits& limits, std::pmr::memory_resource& memory)
    : limits_{limits}, connections_{&memory}, groups_{0, Source::Hash{}, &memory} {}

WaitingRoom::~WaitingRoom() {
    by_size_.clear();
    by_age_.clear();
    for (auto& [source, group] : groups_) group.connections.clear();
}

std::optional<Waiting> WaitingRoom::add(Waiting connection) {
    std::optional<Waiting> gone = make_room(Source{connection.peer});
    const Source source{connection.peer};
    Group& group = groups_.try_emplace(source, source).first->second;
    if (group.rank.is_linked()) by_size_.erase(by_size_.iterator_to(group));
    const int fd = connection.socket.get();
    Connection& added = connections_.try_emplace(fd, std::move(connection), group).first->second;
    by_age_.push_back(added);
    group.connections.push_back(added);
    by_size_.insert(group);
    return gone;
}

std::optional<Waiting> WaitingRoom::make_room(const Source& source) {
    const auto own = groups_.find(source);
    if (own != groups_.end() && own->second.connections.size() >= limits_.per_source) {
        return take(own->second.connections.front());
    }
    if (size() < limits_.total) return {};
    return evict();
}

std::optional<Waiting> WaitingRoom::evict() {
    if (by_size_.empty()) return {};
    return take(by_size_.rbegin()->connections.front());
}

Waiting WaitingRoom::take(int fd) {
    return take(connections_.at(fd));
}

std::optional<Waiting> WaitingRoom::take_expired(base::TimePoint now) {
    if (!base::has_passed(next_expiry(), now)) return {};
    return take(by_age_.front());
}

base::Deadline WaitingRoom::next_expiry() const {
    if (by_age_.empty()) return {};
    return by_age_.front().waiting.since + limits_.timeout;
}

Waiting WaitingRoom::take(Connection& connection) {
    Group& group = *connection.group;
    by_size_.erase(by_size_.iterator_to(group));
    group.connections.erase(group.connections.iterator_to(connection));
    by_age_.erase(by_age_.iterator_to(connection));
    if (group.connections.empty()) {
        groups_.erase(Source{group.source});
    } else {
        by_size_.insert(group);
    }
    Waiting taken = std::move(connection.waiting);
    connections_.erase(taken.socket.get());
    return taken;
}

}  // namespace belfry::admission
