#pragma once

#include "bench/support/belfry_server.hpp"
#include "tests/support/etcd_servers.hpp"
#include "tests/support/temp_dir.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace belfry::bench {

/// Three etcd servers, and three nodes of Belfry that use them.
class Nodes {
  public:
    static constexpr std::size_t count = 3;

    /// Starts everything, and waits until clients can log in.
    Nodes(const test::TempDir& scratch, const std::vector<std::string>& client_ids,
          std::size_t max_clients = 1'024);

    [[nodiscard]] BelfryServer& node(std::size_t index) { return *nodes_.at(index); }
    [[nodiscard]] test::EtcdServers& etcd() { return etcd_; }

    /// Returns the id of the newest message that a node shows.
    [[nodiscard]] std::uint64_t shown_id(std::size_t index) const;

  private:
    test::EtcdServers etcd_;
    std::vector<std::filesystem::path> data_dirs_;
    std::vector<std::unique_ptr<BelfryServer>> nodes_;
};

}  // namespace belfry::bench
