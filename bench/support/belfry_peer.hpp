#pragma once

#include "bench/support/belfry_server.hpp"
#include "bench/support/line_splitter.hpp"
#include "bench/support/peer.hpp"

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace belfry::bench {

/// The client's side of Belfry's protocol. The publisher counts its SENTs.
class BelfryProtocol : public Peer {
  public:
    using Peer::Peer;

    void subscribe(const Connection& connection, std::size_t index) override;
    void introduce(const Connection& connection) override;
    std::uint64_t print(std::string& out, std::uint64_t count, std::string_view payload) override;
    std::uint64_t answered(std::string_view bytes) override;

    /// Logs a subscriber in, and reads up to LIVE.
    static void log_in(const Connection& connection, std::size_t index);

    /// Returns the bytes of a MSG frame without those of its id.
    [[nodiscard]] static std::uint64_t bytes_beside_id(std::size_t payload);

    /// Returns the client-ids of that many subscribers and of the publisher.
    [[nodiscard]] static std::vector<std::string> all_ids(std::size_t subscribers);

  private:
    [[nodiscard]] std::string_view server_name() const override { return "Belfry"; }
    [[nodiscard]] WebSocketTarget web_socket_target() const override {
        return {.path = "/ws", .subprotocol = "belfry.v1"};
    }

    LineSplitter lines_;
    std::uint64_t published_ = 0;
};

/// One belfryd.
class BelfryPeer : public BelfryProtocol {
  public:
    /// @param subscribers the maximum number of subscribers
    BelfryPeer(const std::filesystem::path& dir, std::size_t subscribers, Transport transport = {},
               const std::string& durability = "memory");

    [[nodiscard]] std::uint16_t port() const override { return server_.port(transport()); }
    [[nodiscard]] pid_t leader() const override { return server_.leader(); }

  private:
    BelfryServer server_;
};

}  // namespace belfry::bench
