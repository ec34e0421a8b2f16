#pragma once

#include "admission/source.hpp"
#include "admission/source_limits.hpp"
#include "admission/waiting_room.hpp"
#include "base/clock.hpp"
#include "base/endpoint.hpp"
#include "base/unique_fd.hpp"
#include "base/unix_address.hpp"
#include "gate/credentials.hpp"
#include "gate/web_settings.hpp"
#include "sandbox/sandbox.hpp"

#include <sys/types.h>

#include <filesystem>
#include <unordered_map>

namespace belfry::gate {

/// The relays that the gate has forked, and how many each source may have forked. A relay reports
/// the login of its client through a pipe. Only the gate's main process uses it.
class RelayTable {
  public:
    /// @param socket the path on which belfryd accepts relays
    /// @throws std::system_error
    explicit RelayTable(const std::filesystem::path& socket);

    /// Tells whether connections of the source are closed at once.
    /// @param web as that of start()
    [[nodiscard]] bool is_shut_out(const base::Endpoint& peer, const WebSettings* web,
                                   base::TimePoint now) const {
        return !is_proxy(peer, web) && limits_.is_shut_out(admission::Source{peer}, now);
    }

    enum class Start {
        done,
        later,    ///< the source has no token left, but may get one back soon
        refused,  ///< no token, nobody at belfryd's socket, or no process or descriptor
    };
    /// Starts a relay for a connection whose first byte is there.
    /// @param connection its socket is taken, unless the result is `later`
    /// @param credentials null without a certificate
    /// @param web null if the client speaks the native protocol over TLS
    [[nodiscard]] Start start(admission::Waiting& connection, Credentials* credentials,
                              const WebSettings* web, base::TimePoint now);

    /// Returns a descriptor that is readable when a client has logged in.
    [[nodiscard]] int fd() const noexcept { return logins_.get(); }
    void read_logins(base::TimePoint now);

    /// Reaps the relays that have ended.
    void reap(base::TimePoint now);

  private:
    struct Relay {
        base::Endpoint peer;
        bool is_decided;  ///< it has no tokens: they were given back or are lost
    };

    /// Tells whether the connection comes from a reverse proxy. Its clients are not limited here,
    /// but by belfryd, which knows their source.
    [[nodiscard]] static bool is_proxy(const base::Endpoint& peer,
                                       const WebSettings* web) noexcept {
        return web != nullptr && web->is_proxy(peer);
    }
    [[nodiscard]] base::UniqueFd connect() const noexcept;
    void bury(pid_t pid, int status, base::TimePoint now);

    base::UnixAddress belfryd_;
    sandbox::Sandbox sandbox_;
    admission::SourceLimits limits_;
    std::unordered_map<pid_t, Relay> relays_;
    base::UniqueFd logins_;       ///< the end of the pipe that the gate reads
    base::UniqueFd login_input_;  ///< the end that relays inherit
};

}  // namespace belfry::gate
