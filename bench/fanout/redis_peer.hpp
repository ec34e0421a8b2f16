#pragma once

#include "bench/support/line_splitter.hpp"
#include "bench/support/peer.hpp"
#include "bench/support/redis_server.hpp"

namespace belfry::bench {

/// Redis pub/sub with one channel. The publisher reads the reply to each PUBLISH, which says how
/// many subscribers have received it.
class RedisPeer : public Peer {
  public:
    RedisPeer(const std::filesystem::path& dir, std::size_t subscribers, Transport transport = {});

    [[nodiscard]] std::uint16_t port() const override { return server_.port(); }
    [[nodiscard]] pid_t leader() const override { return server_.leader(); }
    void subscribe(const Connection& connection, std::size_t index) override;
    void introduce(const Connection& connection) override;
    std::uint64_t print(std::string& out, std::uint64_t count, std::string_view payload) override;
    std::uint64_t answered(std::string_view bytes) override;

  private:
    [[nodiscard]] std::string_view server_name() const override { return "Redis"; }

    RedisServer server_;
    LineSplitter lines_;
    std::string reply_;  ///< the expected reply
};

}  // namespace belfry::bench
