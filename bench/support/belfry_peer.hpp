#pragma once

#include "bench/support/belfry_server.hpp"
#include "bench/support/line_splitter.hpp"
#include "bench/support/peer.hpp"

#include <cstddef>
#include <filesystem>

namespace belfry::bench {

/// belfryd without a store. The publisher counts its SENTs.
class BelfryPeer : public Peer {
  public:
    /// @param subscribers the maximum number of subscribers
    BelfryPeer(const std::filesystem::path& dir, std::size_t subscribers, Transport transport = {});

    [[nodiscard]] std::uint16_t port() const override { return server_.port(transport()); }
    [[nodiscard]] pid_t leader() const override { return server_.leader(); }
    void subscribe(const Connection& connection, std::size_t index) override;
    void introduce(const Connection& connection) override;
    std::uint64_t print(std::string& out, std::uint64_t count, std::string_view payload) override;
    std::uint64_t answered(std::string_view bytes) override;

    /// Logs a subscriber in, and reads up to LIVE.
    static void log_in(const Connection& connection, std::size_t index);

    /// Returns the bytes of a MSG frame without those of its id.
    [[nodiscard]] static std::uint64_t bytes_beside_id(std::size_t payload);

  private:
    [[nodiscard]] std::string_view server_name() const override { return "Belfry"; }
    [[nodiscard]] WebSocketTarget web_socket_target() const override {
        return {.path = "/ws", .subprotocol = "belfry.v1"};
    }

    BelfryServer server_;
    LineSplitter lines_;
    std::uint64_t published_ = 0;
};

}  // namespace belfry::bench
