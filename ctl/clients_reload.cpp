#include "ctl/clients_reload.hpp"

#include "base/process.hpp"
#include "ctl/readable_segment.hpp"
#include "ctl/refusal.hpp"
#include "ctl/wait_until.hpp"
#include "shm/clients_path.hpp"
#include "shm/process_entry.hpp"

#include <signal.h>

#include <chrono>
#include <optional>
#include <system_error>

namespace belfry::ctl {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds reload_timeout{10};

/// A reload that is answered first may have begun before the file was replaced. The second one has
/// not.
constexpr int max_reloads = 2;

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

/// Sends SIGHUP, and waits until the server has reloaded.
void reload(const RunningServer& running, Clock::time_point deadline) {
    const shm::ServerBlock& server = running.found.segment.server();
    const std::uint64_t before = server.reloads.load();
    base::send_signal(running.supervisor, SIGHUP);
    // The caller sees by the digest whether that has helped.
    static_cast<void>(wait_until([&] { return server.reloads.load() != before; }, deadline));
}

}  // namespace

fs::path clients_file_in_use(const fs::path& data_dir) {
    if (!find_running(data_dir)) {
        throw Refusal{"no server is running in " + data_dir.string() +
                      "; name the clients' file with --clients"};
    }
    auto path = shm::read_clients_path(data_dir);
    if (path) return *std::move(path);
    throw Refusal{"the server in " + data_dir.string() + " does not use a clients' file"};
}

Reload reload_clients(const fs::path& data_dir, const fs::path& file, std::uint64_t digest) {
    const auto running = find_running(data_dir);
    if (!running) return Reload::not_needed;
    std::error_code error;
    const auto used = shm::read_clients_path(data_dir);
    if (!used || !fs::equivalent(*used, file, error)) return Reload::other_file;
    const shm::ServerBlock& server = running->found.segment.server();
    const auto deadline = Clock::now() + reload_timeout;
    for (int reloads = 0; reloads < max_reloads && Clock::now() < deadline; ++reloads) {
        reload(*running, deadline);
        if (server.clients_digest.load() == digest) return Reload::done;
    }
    throw Refusal{file.string() + " was changed, but the server in " + data_dir.string() +
                  " does not use the change; its log says why"};
}

}  // namespace belfry::ctl
