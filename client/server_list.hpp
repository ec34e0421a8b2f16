#pragma once

#include "client/destination.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace belfry::client {

/// The servers of a client, which are tried one after the other. A round ends when each of them has
/// failed once since the last success.
class ServerList {
  public:
    /// @param servers at least one
    explicit ServerList(std::vector<ServerAddress> servers) : servers_{std::move(servers)} {}

    /// Returns the server to use now.
    [[nodiscard]] const ServerAddress& current() const noexcept { return servers_[current_]; }

    [[nodiscard]] std::size_t current_index() const noexcept { return current_; }

    [[nodiscard]] std::size_t size() const noexcept { return servers_.size(); }

    /// Notes that the current server failed, and moves on to the next one. @return whether the
    /// round goes on
    bool fail(std::string_view why);

    /// Notes that the current server works: a new round begins.
    void succeed();

    /// Returns why each server failed in this round or, after its end, in the last one. For a
    /// single server that is the reason alone.
    [[nodiscard]] const std::string& failures() const noexcept { return failures_; }

  private:
    std::vector<ServerAddress> servers_;
    std::size_t current_ = 0;
    std::size_t failed_ = 0;  // how many servers have failed in this round
    std::string failures_;
};

}  // namespace belfry::client
