#include "ctl/clients_reload.hpp"

#include "base/process.hpp"
#include "base/regular_file.hpp"
#include "ctl/readable_segment.hpp"
#include "ctl/refusal.hpp"
#include "shm/process_entry.hpp"

#include <signal.h>

#include <chrono>
#include <optional>
#include <system_error>
#include <thread>

namespace belfry::ctl {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds reload_timeout{10};
constexpr std::chrono::milliseconds poll_interval{5};

/// The first reload after the signal may have begun before the file was replaced, the second one
/// has not.
constexpr std::uint64_t max_reloads = 2;

/// A server whose supervisor is running.
struct RunningServer {
    shm::FoundSegment found;
    base::UniqueFd supervisor;
};

std::optional<RunningServer> find_running(const fs::path& data_dir) {
    auto found = find_readable_segment(data_dir, boost::interprocess::read_only);
    if (!found) return {};
    auto supervisor = shm::open_named(found->segment.process(shm::supervisor_entry)).pidfd;
    if (!supervisor) return {};
    return RunningServer{*std::move(found), std::move(supervisor)};
}

/// Returns the path that the server has written; an empty one if it uses no clients' file.
fs::path path_in_use(const fs::path& data_dir) {
    return base::read_regular_file(data_dir / "clients-file").value_or("");
}

/// Waits until the server uses the contents with that digest. @return false if it does not
bool wait_for_digest(const shm::ServerBlock& server, std::uint64_t reloads_before,
                     std::uint64_t digest) {
    const auto deadline = Clock::now() + reload_timeout;
    while (Clock::now() < deadline) {
        // The server writes the digest before it counts the reload.
        const std::uint64_t reloads = server.reloads.load() - reloads_before;
        if (server.clients_digest.load() == digest) return true;
        if (reloads >= max_reloads) return false;
        std::this_thread::sleep_for(poll_interval);
    }
    return false;
}

}  // namespace

fs::path clients_file_in_use(const fs::path& data_dir) {
    if (!find_running(data_dir)) {
        throw Refusal{"no server is running in " + data_dir.string() +
                      "; name the clients' file with --clients"};
    }
    fs::path path = path_in_use(data_dir);
    if (path.empty()) {
        throw Refusal{"the server in " + data_dir.string() + " does not use a clients' file"};
    }
    return path;
}

Reload reload_clients(const fs::path& data_dir, const fs::path& file, std::uint64_t digest) {
    const auto running = find_running(data_dir);
    if (!running) return Reload::not_needed;
    std::error_code error;
    if (!fs::equivalent(path_in_use(data_dir), file, error)) return Reload::other_file;
    const shm::ServerBlock& server = running->found.segment.server();
    const std::uint64_t before = server.reloads.load();
    base::send_signal(running->supervisor, SIGHUP);
    if (wait_for_digest(server, before, digest)) return Reload::done;
    throw Refusal{file.string() + " was changed, but the server in " + data_dir.string() +
                  " does not use the change; its log says why"};
}

}  // namespace belfry::ctl
