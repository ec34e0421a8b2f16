#pragma once

#include "bench/support/line_splitter.hpp"
#include "bench/support/nats_server.hpp"
#include "bench/support/peer.hpp"

#include <deque>

namespace belfry::bench {

/// Core NATS with one subject, not verbose. The publisher sends a PING after each batch, which the
/// PONG answers.
class NatsPeer : public Peer {
  public:
    explicit NatsPeer(const std::filesystem::path& dir, Transport transport = {})
        : Peer{transport}, server_{NatsServer::Use::pub_sub, dir, transport} {}

    [[nodiscard]] std::uint16_t port() const override { return server_.port(); }
    [[nodiscard]] pid_t leader() const override { return server_.leader(); }
    [[nodiscard]] Connection connect() const override;
    void subscribe(const Connection& connection, std::size_t index) override;
    void introduce(const Connection& connection) override;
    void settle(const Connection& connection) override;
    std::uint64_t print(std::string& out, std::uint64_t count, std::string_view payload) override;
    std::uint64_t answered(std::string_view bytes) override;

  private:
    [[nodiscard]] std::string_view server_name() const override { return "NATS"; }

    NatsServer server_;
    LineSplitter lines_;
    std::deque<std::uint64_t> batches_;  ///< sizes of the unanswered batches
};

}  // namespace belfry::bench
