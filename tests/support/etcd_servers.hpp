#pragma once

#include "tests/support/certificates.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temp_dir.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace belfry::test {

/// What a test may want of its etcd.
struct EtcdOptions {
    std::size_t servers = 3;
    std::uint64_t quota_bytes = 0;               ///< of the database of each server; 0: etcd's own
    const Certificates* certificates = nullptr;  ///< clients use TLS and need a certificate of it
    std::vector<std::string> arguments = {};     ///< further ones for etcd
};

/// Real etcd servers of one cluster, on free ports of 127.0.0.1, with data in temporary
/// directories. They sync to disk as in production. The destructor leaves no process and no file.
/// Start and restart them in a thread that outlives them (see Process). Servers are counted from 0.
class EtcdServers {
  public:
    /// Starts the servers, and waits until all of them serve clients.
    explicit EtcdServers(EtcdOptions options = {});
    EtcdServers(const EtcdServers&) = delete;
    EtcdServers& operator=(const EtcdServers&) = delete;
    ~EtcdServers();

    [[nodiscard]] std::size_t size() const { return servers_.size(); }

    /// Returns the URL of a server, for its clients.
    [[nodiscard]] std::string url(std::size_t server) const;

    /// Returns the URLs of all servers.
    [[nodiscard]] std::vector<std::string> urls() const;

    /// Returns the URLs with commas between them, as `--cluster` expects them.
    [[nodiscard]] std::string joined_urls() const;

    [[nodiscard]] std::uint16_t client_port(std::size_t server) const;
    [[nodiscard]] pid_t pid(std::size_t server) const;
    [[nodiscard]] bool is_running(std::size_t server);

    /// Ends a server with SIGKILL.
    void kill(std::size_t server);

    /// Stops a server with SIGSTOP: its connections remain, but it answers nothing.
    void stop(std::size_t server);

    /// Lets a stopped server go on.
    void resume(std::size_t server);

    /// Starts a killed server again, with its data.
    /// @param wait returns only after the server serves clients, which needs a majority
    void restart(std::size_t server, bool wait = true);

    /// Kills all servers, deletes their data, and starts them as a new cluster.
    void wipe();

    /// Returns the server that leads now. Waits until there is one. Stopped servers are not asked.
    [[nodiscard]] std::size_t leader();

    /// Runs etcdctl against the servers that run and are not stopped. Throws Failure if it fails.
    /// @return what it printed
    std::string ctl(std::vector<std::string> arguments);

    /// Runs etcdctl as ctl() does, and returns everything about its end.
    Result try_ctl(std::vector<std::string> arguments, Milliseconds within = default_wait);

    /// Deletes the keys below a prefix that were last changed at a revision or before, and the
    /// history up to it. Within a folder of the prefix, later keys have later revisions.
    /// @return false if that was not possible
    [[nodiscard]] bool delete_old_keys(const std::string& prefix, std::uint64_t revision);

    /// From now on, etcdctl logs in as this user.
    void log_in_as(std::string name_and_password) { user_ = std::move(name_and_password); }

    /// Returns what a server has written to its log since its last start.
    [[nodiscard]] std::string log(std::size_t server) const;

  private:
    struct Server {
        std::string name;
        std::uint16_t client_port;
        std::uint16_t peer_port;
        std::filesystem::path data;
        std::optional<Process> process = std::nullopt;
        bool is_stopped = false;
    };

    void choose_ports();
    void start(Server& server);
    [[nodiscard]] bool start_all();
    void end(Server& server);
    [[nodiscard]] bool serves_clients(const Server& server) const;
    [[nodiscard]] std::vector<std::string> arguments_for(const Server& server) const;
    [[nodiscard]] std::vector<std::string> access_of_ctl(const std::string& endpoints) const;

    EtcdOptions options_;
    TempDir dir_;
    std::vector<Server> servers_;
    std::optional<KeyPair> server_pair_;
    std::optional<KeyPair> client_pair_;
    std::string user_;
};

}  // namespace belfry::test
