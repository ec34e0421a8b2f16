#pragma once

#include "cluster/engine.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace belfry::test {

/// Appends a number as little-endian bytes.
inline void put_number(std::string& bytes, std::uint64_t number, int count) {
    for (int byte = 0; byte < count; ++byte) {
        bytes += static_cast<char>(number >> (8 * byte) & 0xff);
    }
}

/// Encodes an entry. It shares no code with wire/.
[[nodiscard]] inline std::string written_entry(int kind, std::string_view name, std::uint64_t login,
                                               std::uint64_t number, std::uint64_t time_ms = 0,
                                               std::string_view body = {}) {
    std::string bytes;
    put_number(bytes, 32 + name.size() + body.size(), 4);
    put_number(bytes, static_cast<std::uint64_t>(kind), 1);
    put_number(bytes, name.size(), 1);
    put_number(bytes, 0, 2);
    put_number(bytes, login, 8);
    put_number(bytes, number, 8);
    put_number(bytes, time_ms, 8);
    return bytes.append(name).append(body);
}

/// The outbox of one incarnation of a node.
class WrittenOutbox {
  public:
    WrittenOutbox(std::string node, std::uint64_t incarnation)
        : node_{std::move(node)}, incarnation_{incarnation} {
        put(written_entry(5, node_, incarnation_, 0, 0, node_ + ":5000"));
    }

    /// Appends an entry.
    void put(const std::string& entry) {
        bytes_ += entry;
        ends_.push_back(bytes_.size());
    }
    void message(std::string_view client, std::uint64_t login, std::uint64_t seq,
                 std::string_view body, std::uint64_t time_ms = 1000) {
        put(written_entry(1, client, login, seq, time_ms, body));
    }
    void login(std::string_view client, std::uint64_t login, std::uint64_t replaces = 0) {
        put(written_entry(2, client, login, replaces));
    }
    void logout(std::string_view client, std::uint64_t login, std::uint64_t cursor = 0) {
        put(written_entry(3, client, login, cursor));
    }
    void cursor(std::string_view client, std::uint64_t login, std::uint64_t id) {
        put(written_entry(4, client, login, id));
    }
    void trim(std::uint64_t first_kept) { put(written_entry(6, node_, 0, first_kept)); }
    void reset_seq(std::string_view client) { put(written_entry(7, client, 0, 0)); }

    [[nodiscard]] const std::string& node() const { return node_; }
    [[nodiscard]] std::uint64_t incarnation() const { return incarnation_; }
    [[nodiscard]] const std::string& bytes() const { return bytes_; }
    [[nodiscard]] std::size_t entries() const { return ends_.size(); }
    /// Returns where an entry begins; the end of the outbox after the last one.
    [[nodiscard]] std::uint64_t position(std::size_t entry) const {
        return entry == 0 ? 0 : ends_[entry - 1];
    }

    /// Returns a batch of the entries from `first` on, before `end`.
    [[nodiscard]] cluster::Batch batch(std::size_t first, std::size_t end,
                                       std::int64_t revision) const {
        const std::uint64_t from = position(first);
        return {{incarnation_, from, revision}, bytes_.substr(from, position(end) - from)};
    }

    /// Returns a batch of what was appended since the last call.
    [[nodiscard]] cluster::Batch next_batch(std::int64_t revision) {
        const std::size_t first = std::exchange(published_, entries());
        return batch(first, published_, revision);
    }

  private:
    std::string node_;
    std::uint64_t incarnation_;
    std::string bytes_;
    std::vector<std::uint64_t> ends_;
    std::size_t published_ = 0;
};

}  // namespace belfry::test
