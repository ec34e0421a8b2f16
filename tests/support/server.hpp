#pragma once

#include "tests/support/proc.hpp"
#include "tests/support/process.hpp"
#include "tests/support/raw_client.hpp"
#include "tests/support/running_server.hpp"
#include "tests/support/temp_dir.hpp"

#include <sys/types.h>

#include <nlohmann/json.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace belfry::test {

struct ServerOptions {
    std::string client_ids = "1,2,3";
    std::vector<std::string> more = {};  ///< further options, as on the command line
    std::string durability = "memory";   ///< the quickest; tests of the store say commit
    std::optional<uid_t> user = std::nullopt;
    Environment environment = {};  ///< of belfryd, on top of our own
};

/// A real belfryd on a free port, in a data directory of its own. However a test ends and whatever
/// it killed, the destructor leaves no process, no segment and no file behind.
class Server {
  public:
    explicit Server(ServerOptions options = {});
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;
    ~Server();

    /// Starts belfryd again, on the same data directory.
    void start() { start(command()); }

    /// Starts it with other options.
    void start(const Invocation& command) { belfryd_.start(command); }

    /// Ends it with SIGTERM; returns its exit status.
    int stop() { return belfryd_.stop(); }

    /// SIGKILL for the supervisor alone: its children go on.
    void kill_supervisor() { belfryd_.kill_supervisor(); }

    /// SIGKILL for the supervisor and all children.
    void kill_all() { belfryd_.kill_all(); }

    [[nodiscard]] std::uint16_t port() const { return belfryd_.port(); }
    [[nodiscard]] pid_t pid() const { return belfryd_.pid(); }
    [[nodiscard]] bool is_running() { return belfryd_.is_running(); }
    [[nodiscard]] std::filesystem::path data_dir() const { return folder_.path() / "data"; }
    [[nodiscard]] std::filesystem::path folder() const { return folder_.path(); }
    [[nodiscard]] std::string errors() const { return belfryd_.errors(); }

    /// Milliseconds from the last start to the line that says that it listens.
    [[nodiscard]] double ready_after_ms() const { return belfryd_.ready_after_ms(); }

    /// Removes the segment of a dead server, as a reboot does.
    void lose_segment() const { belfryd_.remove_segments(); }

    /// The process that stores the messages; waits until one runs.
    [[nodiscard]] pid_t archiver() const;

    /// Waits until the store holds all cursors and seqs: from then on the archiver writes nothing
    /// before there is something new.
    void wait_until_saved() const;

    /// Waits until belfryd has said this on standard error. @return whether it has
    [[nodiscard]] bool will_say(std::string_view part) const;

    /// The processes of this server that live, orphans of a killed supervisor included.
    [[nodiscard]] std::vector<pid_t> all_processes() const { return belfryd_.all_processes(); }

    /// The same without the supervisor.
    [[nodiscard]] std::vector<pid_t> children() const { return belfryd_.children(); }

    /// The segment that one of its supervisors created, by the kernel's own list.
    [[nodiscard]] std::optional<SegmentInfo> segment() const { return belfryd_.segment(); }

    /// The processes attached to its segment, by shmctl; 0 where there is no segment.
    [[nodiscard]] std::uint64_t attached() const;

    /// `belfryctl status --json`.
    [[nodiscard]] nlohmann::json status() const;

    /// What status says of one client.
    [[nodiscard]] nlohmann::json client_status(std::string_view client_id) const;

    /// The process that serves the client; throws Failure where it is offline.
    [[nodiscard]] pid_t child_of(std::string_view client_id) const;

    [[nodiscard]] RawClient connect() const { return RawClient{port()}; }

    /// A client that has read LIVE; its backlog is thrown away.
    [[nodiscard]] RawClient log_in(std::string_view client_id, std::string_view options = "") const;

    /// Runs belfryctl on this data directory.
    Result belfryctl(std::vector<std::string> arguments) const;

    /// A command that runs belfry as this client.
    [[nodiscard]] Invocation belfry(std::string_view client_id,
                                    std::vector<std::string> more = {}) const;

    /// The command that started it, for tests that start another one.
    [[nodiscard]] Invocation command() const;

  private:
    void make_room_for(uid_t user) const;
    void let_remove_its_segment();

    ServerOptions options_;
    TempDir folder_;
    RunningServer belfryd_;
};

}  // namespace belfry::test
