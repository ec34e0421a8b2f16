#pragma once

#include "bench/fanout/mosquitto_server.hpp"
#include "bench/support/peer.hpp"

#include <deque>
#include <string>

namespace belfry::bench {

/// MQTT 3.1.1 over WebSocket with one topic and QoS 0. No answer belongs to such a message, so the
/// publisher sends a PINGREQ after each batch, which the PINGRESP answers.
class MosquittoPeer : public Peer {
  public:
    explicit MosquittoPeer(const std::filesystem::path& dir)
        : Peer{{.is_web_socket = true}}, server_{dir} {}

    [[nodiscard]] std::uint16_t port() const override { return server_.port(); }
    [[nodiscard]] pid_t leader() const override { return server_.leader(); }
    void subscribe(const Connection& connection, std::size_t index) override;
    void introduce(const Connection& connection) override;
    std::uint64_t print(std::string& out, std::uint64_t count, std::string_view payload) override;
    std::uint64_t answered(std::string_view bytes) override;

    /// Returns a tenth, because mosquitto makes a system call for each delivery.
    [[nodiscard]] std::uint64_t messages_of_a_run(std::uint64_t usual) const override {
        return usual / 10 + 1;
    }

  private:
    [[nodiscard]] std::string_view server_name() const override { return "Mosquitto"; }
    [[nodiscard]] WebSocketTarget web_socket_target() const override {
        return {.path = "/mqtt", .subprotocol = "mqtt"};
    }

    MosquittoServer server_;
    std::string answers_;                ///< the part of an incomplete PINGRESP
    std::deque<std::uint64_t> batches_;  ///< sizes of the unanswered batches
};

}  // namespace belfry::bench
