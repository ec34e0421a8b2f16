#pragma once

#include "server/options.hpp"
#include "server/supervisor.hpp"
#include "shm/segment.hpp"

#include <string>
#include <vector>

namespace belfry::server {

/// Handles SIGHUP: reads the configuration file and the clients' file again, applies the settings
/// that can change while the server runs, and logs what has changed and what cannot change. The
/// command line still takes precedence. Only the supervisor uses it.
class Reload {
  public:
    /// @param arguments the command line
    /// @param current the options in effect, which a reload updates
    /// @param clients the clients that may log in, likewise
    Reload(const std::vector<std::string>& arguments, Options& current, auth::KnownClients& clients,
           shm::Segment& segment, Supervisor& supervisor);

    /// Reloads once, and counts the reload. A file with a mistake changes nothing, and the log
    /// names the file and the line.
    void run();

  private:
    void read_and_apply();
    void apply(const Options& next, auth::KnownClients clients);
    bool apply_clients(auth::KnownClients next);
    void apply_clients_file(const Options& next);
    void apply_max_clients(const Options& next);
    void apply_retention(const Options& next);
    void log_what_stays(const Options& next);
    void log(LogLevel level, const std::string& line);

    const std::vector<std::string>* arguments_;
    Options* current_;
    auth::KnownClients* clients_;
    shm::Segment* segment_;
    Supervisor* supervisor_;
    bool has_logged_ = false;  ///< during this run
};

}  // namespace belfry::server
