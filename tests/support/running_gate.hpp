#pragma once

#include "base/unique_fd.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/played_session.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temp_dir.hpp"

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace belfry::test {

/// What a gate may not exceed.
struct GateLimits {
    int open_files = 0;      ///< 0: that of the test program
    bool no_relays = false;  ///< it can start no process, as if all that the system allows ran
};

/// Who may connect to the port of a RunningGate.
enum class GatePort { tls, web };

/// A real belfry-gate. The test plays its supervisor and its sessions. The destructor ends the gate
/// and its relays.
class RunningGate {
  public:
    /// Starts a gate; next_report() tells whether it is ready.
    /// @param more further options
    explicit RunningGate(const KeyPair& server, std::vector<std::string> more = {},
                         GateLimits limits = {});

    /// Starts a gate for browsers, and waits until it is ready.
    /// @param server its certificate; nothing for a gate without one
    explicit RunningGate(GatePort, std::vector<std::string> more = {},
                         const std::optional<KeyPair>& server = {});
    RunningGate(const RunningGate&) = delete;
    RunningGate& operator=(const RunningGate&) = delete;
    ~RunningGate();

    /// Starts another gate at the same sockets.
    void start();

    /// Returns the next line that the gate reports.
    [[nodiscard]] std::string next_report();

    /// Accepts the connection of a relay.
    [[nodiscard]] PlayedSession accept();

    /// Accepts the connection of a relay, and reads the PROXY header.
    [[nodiscard]] PlayedSession accept_client();

    /// Stops accepting connections of relays, as if belfryd had ended.
    void close_session_socket() { sessions_.reset(); }

    /// Ends the connection to the gate, as if belfryd had ended.
    void end_supervision() { reports_.reset(); }

    /// Returns the relays that are running.
    [[nodiscard]] std::vector<pid_t> relays() const;

    [[nodiscard]] std::uint16_t port() const { return port_; }
    [[nodiscard]] Process& process() { return *gate_; }

  private:
    void give_to_user();
    void limit(Invocation& gate) const;

    TempDir folder_;
    std::optional<KeyPair> server_;
    GatePort kind_ = GatePort::tls;
    std::vector<std::string> more_;
    GateLimits limits_;
    std::uint16_t port_ = 0;
    base::UniqueFd listener_;
    base::UniqueFd sessions_;
    base::UniqueFd reports_;
    std::string unread_;
    std::optional<Process> gate_;
    std::vector<pid_t> leaders_;  ///< the gates; each leads the process session of its relays
};

}  // namespace belfry::test
