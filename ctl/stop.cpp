#include "ctl/stop.hpp"

#include "base/process.hpp"
#include "cli/standard_streams.hpp"
#include "ctl/liveness.hpp"
#include "ctl/refusal.hpp"
#include "shm/clients_path.hpp"
#include "shm/data_directory.hpp"
#include "shm/end_server.hpp"
#include "shm/port_file.hpp"
#include "shm/process_entry.hpp"
#include "store/archiver.hpp"
#include "store/open_log.hpp"
#include "store/store_error.hpp"
#include "store/store_lock.hpp"
#include "store/store_reader.hpp"

#include <signal.h>

#include <algorithm>
#include <chrono>

namespace belfry::ctl {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds supervisor_timeout{30};

/// Ends the replica. Nothing else may publish and apply what it has left.
void drain_node(const std::filesystem::path& data_dir, const shm::FoundSegment& found) {
    shm::end_archiver(found.segment);
    if (store::holds_whole_log(data_dir, found.segment)) return;
    throw Refusal{"the replica has not finished; start the server again; " +
                  store::kept_for_later(data_dir, found)};
}

/// Ends the archiver, and stores in this process what it has not stored.
void drain(const std::filesystem::path& data_dir, shm::FoundSegment& found) {
    shm::end_archiver(found.segment);
    std::string why = "not all data could be stored";
    try {
        const auto lock = store::StoreLock::try_take(data_dir);
        if (!lock) throw Refusal{"another process is writing to the store"};
        store::Archiver archiver{found.segment, data_dir, *lock,
                                 [](const std::string& line) { cli::warn("belfryctl", line); }};
        archiver.start();
        archiver.drain();
    } catch (const store::StoreError& error) {
        why = error.what();
    }
    if (store::holds_whole_log(data_dir, found.segment)) return;
    throw Refusal{why + "; " + store::kept_for_later(data_dir, found)};
}

/// Does the supervisor's work of a stop.
void stop_without_supervisor(const std::filesystem::path& data_dir) {
    const shm::DataDirectoryLock lock{data_dir};
    auto found = shm::find_segment(data_dir, boost::interprocess::read_write);
    if (!found) return;
    if (!shm::end_sessions(found->segment)) throw Refusal{"a session did not exit"};
    if (found->segment.is_in_cluster()) {
        drain_node(data_dir, *found);
    } else if (found->segment.has_store()) {
        drain(data_dir, *found);
    }
    if (!shm::wait_for_nobody(data_dir)) throw Refusal{"a process of the server did not exit"};
    shm::remove_port_file(data_dir, found->segment.prefix().port);
    shm::remove_clients_path(data_dir);
    shm::remove_gate_socket(data_dir);
    shm::remove_segment(data_dir, found->name);
}

/// Returns the last id in the store that is at its path now; 0 if the store is gone, is unreadable,
/// or belongs to another log. stored_id may differ, because the archiver may have died before it
/// set stored_id, or the store may have been replaced since.
std::uint64_t last_in_store(const std::filesystem::path& data_dir, std::string_view epoch) {
    try {
        store::StoreReader reader{data_dir};
        return reader.saved_log().epoch == epoch ? reader.last_id() : 0;
    } catch (const store::StoreError&) {
        return 0;
    }
}

std::uint64_t count_unstored(const std::filesystem::path& data_dir,
                             const shm::FoundSegment& found) {
    if (!shm::is_readable(found.state) || !found.segment.has_store()) return 0;
    const shm::LogHeader& log = found.segment.log();
    const std::uint64_t end = log.last_id.load() + 1;
    const std::uint64_t first =
        std::max(log.first_id.load(), last_in_store(data_dir, found.segment.epoch()) + 1);
    return first < end ? end - first : 0;
}

}  // namespace

void stop_server(const std::filesystem::path& data_dir, const shm::FoundSegment& found) {
    const shm::Claimant supervisor = shm::open_named(found.segment.process(shm::supervisor_entry));
    if (!supervisor.pidfd) return stop_without_supervisor(data_dir);
    base::send_signal(supervisor.pidfd, SIGTERM);
    if (!base::wait_for_end(supervisor.pidfd, Clock::now() + supervisor_timeout)) {
        throw Refusal{"the server (process " + std::to_string(supervisor.pid) + ") did not exit"};
    }
    if (shm::is_removed(found)) return;
    throw Refusal{"not all data could be stored; " + store::kept_for_later(data_dir, found)};
}

std::uint64_t remove_dead_segment(const std::filesystem::path& data_dir,
                                  const shm::FoundSegment& found) {
    const auto lives = [&data_dir](const std::string& why) {
        return Refusal{"the server in " + data_dir.string() + " is running" + why +
                       "; use belfryctl stop"};
    };
    try {
        const shm::DataDirectoryLock lock{data_dir};
        // The file `alive` may have been deleted, so the entries count too, if they can be read.
        const bool named = shm::is_readable(found.state) && is_anybody_alive(found.segment);
        if (named || shm::anybody_alive(data_dir)) throw lives(": sessions are still running");
        const std::uint64_t unstored = count_unstored(data_dir, found);
        shm::remove_port_file(data_dir, found.segment.prefix().port);
        shm::remove_clients_path(data_dir);
        shm::remove_gate_socket(data_dir);
        shm::remove_segment(data_dir, found.name);
        return unstored;
    } catch (const shm::DataDirectoryInUse& in_use) {
        throw lives(in_use.holder());
    }
}

}  // namespace belfry::ctl
