#pragma once

#include "base/endpoint.hpp"
#include "gate/credentials.hpp"
#include "gate/tls_stream.hpp"

#include <functional>
#include <utility>

namespace belfry::gate {

/// The handshake of a relay with its client. The key is in this process until the handshake is
/// over, however that ends.
class TlsHandshake {
  public:
    /// @param client and credentials outlive the object
    /// @param ended called once, from the event loop or from start(); `done` if it has succeeded
    TlsHandshake(TlsStream& client, Credentials& credentials, std::function<void(Outcome)> ended)
        : client_{&client}, credentials_{&credentials}, ended_{std::move(ended)} {}

    void start();

  private:
    void go_on();

    TlsStream* client_;
    Credentials* credentials_;
    std::function<void(Outcome)> ended_;
};

/// Logs why a handshake has failed. Must run directly after it.
/// @return whether the client has sent something wrong, or has refused the certificate
[[nodiscard]] bool log_failed_handshake(Outcome outcome, const base::Endpoint& peer);

}  // namespace belfry::gate
