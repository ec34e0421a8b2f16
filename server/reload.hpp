#pragma once

#include "server/options.hpp"
#include "server/supervisor.hpp"
#include "shm/segment.hpp"

#include <string>
#include <vector>

namespace belfry::server {

/// SIGHUP: reads the configuration file again, does what can be done while the server runs, and
/// says what has changed, and what cannot change. The command line still wins. By the supervisor.
class Reload {
  public:
    /// @param arguments of the command line
    /// @param current what the server runs with; kept up to date
    Reload(const std::vector<std::string>& arguments, Options& current, shm::Segment& segment,
           Supervisor& supervisor);

    /// A file with a mistake changes nothing: the line names file and line.
    void run();

  private:
    void apply(const Options& next);
    void apply_clients(const Options& next);
    void apply_max_clients(const Options& next);
    void apply_retention(const Options& next);
    void log_what_stays(const Options& next);
    void say(LogLevel level, const std::string& line);

    const std::vector<std::string>* arguments_;
    Options* current_;
    shm::Segment* segment_;
    Supervisor* supervisor_;
    bool said_ = false;  ///< something, in this run
};

}  // namespace belfry::server
