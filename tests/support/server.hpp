#pragma once

#include "tests/support/certificates.hpp"
#include "tests/support/proc.hpp"
#include "tests/support/process.hpp"
#include "tests/support/raw_client.hpp"
#include "tests/support/running_server.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/support/tls_connection.hpp"

#include <sys/types.h>

#include <nlohmann/json.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace belfry::test {

class LinkedNetwork;

struct ServerOptions {
    std::string client_ids = "1,2,3";    ///< empty: the option is not given
    std::vector<std::string> more = {};  ///< further options, as on the command line
    std::string durability = "memory";   ///< the quickest; tests of the store use commit
    std::optional<uid_t> user = std::nullopt;
    Environment environment = {};  ///< added to the environment of the test program
    bool has_gate = false;         ///< listens for TLS too, with a certificate made for it
    const LinkedNetwork* network = nullptr;  ///< it runs there, and clients connect from there
};

/// A real belfryd on a free port, in a data directory of its own. The destructor leaves no process,
/// no segment and no file behind, however the test ends and whatever it has killed.
///
/// If $BELFRY_TEST_TRANSPORT is `tls`, every server has a gate, and clients connect by TLS.
class Server {
  public:
    explicit Server(ServerOptions options = {});
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;
    ~Server();

    /// Starts belfryd again, on the same data directory.
    void start() { start(command()); }

    /// Starts belfryd with another command, and waits until it listens.
    void start(const Invocation& command, Milliseconds within = start_wait) {
        belfryd_.start(command, within);
    }

    /// Ends belfryd with SIGTERM, and returns its exit status.
    int stop(Milliseconds within = default_wait) { return belfryd_.stop(within); }

    /// Sends SIGKILL to the supervisor alone. Its children continue.
    void kill_supervisor() { belfryd_.kill_supervisor(); }

    /// Sends SIGKILL to the supervisor and all children.
    void kill_all() { belfryd_.kill_all(); }

    [[nodiscard]] std::uint16_t port() const { return belfryd_.port(); }
    [[nodiscard]] std::uint16_t tls_port() const { return belfryd_.tls_port(); }
    [[nodiscard]] std::uint16_t web_port() const { return belfryd_.web_port(); }
    [[nodiscard]] const std::string& page() const { return belfryd_.page(); }
    [[nodiscard]] pid_t pid() const { return belfryd_.pid(); }
    [[nodiscard]] bool is_running() { return belfryd_.is_running(); }
    [[nodiscard]] std::filesystem::path data_dir() const { return folder_.path() / "data"; }
    [[nodiscard]] std::filesystem::path folder() const { return folder_.path(); }
    [[nodiscard]] std::string output() const { return belfryd_.output(); }
    [[nodiscard]] std::string errors() const { return belfryd_.errors(); }

    /// Returns the milliseconds from the last start to the line that says that belfryd listens.
    [[nodiscard]] double ready_after_ms() const { return belfryd_.ready_after_ms(); }

    /// Removes the segment of a dead server, as a reboot does.
    void lose_segment() const { belfryd_.remove_segments(); }

    /// Returns the process that stores the messages; waits until one runs. In a cluster it is the
    /// replica.
    [[nodiscard]] pid_t archiver() const;

    /// Waits until the store holds all cursors and seqs. After that the archiver writes nothing
    /// until there is something new.
    void wait_until_saved() const;

    /// Waits until belfryd has printed this on standard error.
    /// @return false if the deadline passes first
    [[nodiscard]] bool will_say(std::string_view part) const;

    /// Returns the running processes of this server, including orphans of a killed supervisor.
    [[nodiscard]] std::vector<pid_t> all_processes() const { return belfryd_.all_processes(); }

    /// Returns the same processes without the supervisor.
    [[nodiscard]] std::vector<pid_t> children() const { return belfryd_.children(); }

    /// Returns the children that serve a client, or will.
    [[nodiscard]] std::vector<pid_t> sessions() const;

    /// Returns the processes that relay connections of the gate.
    [[nodiscard]] std::vector<pid_t> relays() const;

    /// Returns the segment that one of its supervisors created, from the kernel's own list.
    [[nodiscard]] std::optional<SegmentInfo> segment() const { return belfryd_.segment(); }

    /// Returns how many processes are attached to its segment, from shmctl; 0 if it has none.
    [[nodiscard]] std::uint64_t attached() const;

    /// Returns the output of `belfryctl status --json`.
    [[nodiscard]] nlohmann::json status() const;

    /// Returns the part of status() about one client.
    [[nodiscard]] nlohmann::json client_status(std::string_view client_id) const;

    /// Returns the process that serves the client; throws Failure if the client is offline.
    [[nodiscard]] pid_t child_of(std::string_view client_id) const;

    /// @param receive_buffer how many bytes the kernel buffers for a client that does not read; 0
    /// for the default
    [[nodiscard]] RawClient connect(int receive_buffer = 0) const {
        return connect_from("127.0.0.1", receive_buffer);
    }

    /// Connects from another address of 127.0.0.0/8.
    [[nodiscard]] RawClient connect_from(const std::string& address, int receive_buffer = 0) const;

    /// Returns how a client connects by TLS to a server with a gate.
    [[nodiscard]] TlsOptions tls() const { return {.authority = certificates_->authority()}; }

    /// Returns a client that has read LIVE. Its backlog is thrown away.
    [[nodiscard]] RawClient log_in(std::string_view client_id, std::string_view options = "") const;

    /// Runs belfryctl on this data directory.
    Result belfryctl(std::vector<std::string> arguments) const;

    /// Returns a command that runs belfry as this client.
    [[nodiscard]] Invocation belfry(std::string_view client_id,
                                    std::vector<std::string> more = {}) const;

    /// Returns the command that starts belfryd, for tests that start another one.
    [[nodiscard]] Invocation command() const;

  private:
    void add_gate();
    void make_room_for(uid_t user) const;
    void let_remove_its_segment();

    ServerOptions options_;
    TempDir folder_;
    std::optional<Certificates> certificates_;
    RunningServer belfryd_;
};

}  // namespace belfry::test
