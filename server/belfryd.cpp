#include "server/belfryd.hpp"

#include "cli/command_line.hpp"
#include "daemon/logger.hpp"
#include "daemon/process_title.hpp"
#include "server/attach_segment.hpp"
#include "server/exposure.hpp"
#include "server/gate.hpp"
#include "server/huge_program.hpp"
#include "server/oom_score.hpp"
#include "server/reload.hpp"
#include "server/runtime_settings.hpp"
#include "server/service_manager.hpp"
#include "server/start_error.hpp"
#include "server/supervisor.hpp"
#include "shm/client_table.hpp"
#include "shm/clients_path.hpp"
#include "shm/cluster_arguments.hpp"
#include "shm/data_directory.hpp"
#include "shm/end_server.hpp"
#include "shm/log_writer.hpp"
#include "shm/port_file.hpp"
#include "shm/segment_file.hpp"
#include "store/open_log.hpp"

#include <atomic>
#include <chrono>
#include <iostream>
#include <optional>
#include <thread>
#include <utility>

namespace belfry::server {
namespace {

/// A supervisor that was killed may hold its port for a moment longer.
constexpr std::chrono::seconds port_timeout{1};
constexpr std::chrono::milliseconds port_retry{20};

/// Makes sure that no process still uses a log that is about to be created again.
/// @throws StartError
void require_nobody(const Options& options) {
    if (shm::wait_for_nobody(options.data_dir)) return;
    throw StartError{"processes of an earlier server in " + options.data_dir.string() +
                     " are still running, but its shared memory is gone; end them first"};
}

/// Opens the listening socket. It retries for a second, because an earlier supervisor may only just
/// have died.
Listener listen_again(const std::string& address, std::uint16_t port) {
    const auto deadline = std::chrono::steady_clock::now() + port_timeout;
    while (true) {
        try {
            return Listener{address, port};
        } catch (const StartError&) {
            if (std::chrono::steady_clock::now() >= deadline) throw;
        }
        std::this_thread::sleep_for(port_retry);
    }
}

/// Opens a listening socket.
/// @param former with an adopted segment: the port of the earlier server, which port 0 means then
Listener open_listener(const std::string& address, std::uint16_t port,
                       const std::atomic<std::uint32_t>* former) {
    if (former == nullptr) return Listener{address, port};
    return listen_again(address, port == 0 ? static_cast<std::uint16_t>(*former) : port);
}

/// Opens the socket of one of the gate's ports, and notes its number.
/// @param wanted nothing if the port is not used
/// @param noted where the number stands in the prefix
std::optional<Listener> open_gate_port(const std::optional<GatePort>& wanted,
                                       std::atomic<std::uint32_t>& noted, bool is_new) {
    std::optional<Listener> listener;
    if (wanted) {
        listener.emplace(open_listener(wanted->listen, wanted->port, is_new ? nullptr : &noted));
    }
    noted.store(listener ? listener->port() : 0);
    return listener;
}

/// Makes the gate's sockets. An earlier gate must have ended, because it listens at the same ports.
/// @param gate stays empty if neither port is used
void open_gate(std::optional<Gate>& gate, shm::Segment& segment, const Options& options,
               bool is_new) {
    if (!is_new) end_former_gate(segment);
    const GateOptions wanted = options.gate.value_or(GateOptions{});
    shm::Prefix& prefix = segment.prefix();
    GateListeners listeners{.tls = open_gate_port(wanted.tls, prefix.tls_port, is_new),
                            .web = open_gate_port(wanted.web, prefix.web_port, is_new)};
    if (!wanted.certificate) segment.server().certificate_expires_ms.store(0);
    if (!options.gate) return shm::remove_gate_socket(options.data_dir);
    gate.emplace(segment, options.data_dir, wanted, std::move(listeners), options.log_format);
}

/// Moves cursors that are above the end of the log back to it (7).
void pull_back_cursors(shm::Segment& segment) {
    const std::uint64_t end = segment.log().last_id.load();
    for (std::uint32_t row = 0; row < segment.geometry().client_rows; ++row) {
        std::atomic<std::uint64_t>& word = segment.client(row).cursor;
        std::uint64_t old = word.load();
        const shm::Cursor cursor = shm::unpack_cursor(old);
        if (cursor.id <= end) continue;
        if (!word.compare_exchange_strong(old, pack(shm::Cursor{cursor.generation, end}))) {
            continue;
        }
        log_event(LogLevel::warning,
                  "the cursor of client " + std::string{shm::name_of(segment, row)} + " was at " +
                      std::to_string(cursor.id) + ", above the end of the log; moved back to " +
                      std::to_string(end));
    }
}

void require_rows(bool enough) {
    if (enough) return;
    throw StartError{
        "the shared memory segment has no room for that many new client-ids; stop its server "
        "cleanly first"};
}

/// Writes the options into the segment, where all processes see them.
/// @throws StartError if an adopted segment has no room for the clients
void configure(shm::Segment& segment, const Options& options, const auth::KnownClients& clients) {
    require_rows(set_clients(segment, clients));
    pull_back_cursors(segment);
    set_retention(segment, options);
    set_max_online(segment, options.max_clients);
    set_log_level(segment, options.log_level);
}

void log_adoption(const shm::Segment& segment, std::size_t sessions) {
    log_event(LogLevel::info, "adopted log " + std::string{segment.epoch()} + " with " +
                                  std::to_string(segment.log().last_id.load()) + " messages and " +
                                  std::to_string(sessions) + " sessions");
}

/// Returns the address of the page; nothing if there is none.
std::optional<std::string> page_address(const Options& options, const std::optional<Gate>& gate) {
    if (!gate || !gate->listeners.web) return {};
    return (options.gate->web_tls ? "https://" : "http://") + gate->listeners.web->name() + "/";
}

void log_listening(const shm::Segment& segment, const Options& options,
                   const auth::KnownClients& clients, const Listener& listener,
                   const std::optional<Gate>& gate) {
    const Listener* const tls = gate && gate->listeners.tls ? &*gate->listeners.tls : nullptr;
    const auto page = page_address(options, gate);
    if (tls != nullptr) log_event(LogLevel::info, "listening on " + tls->name() + " for TLS");
    if (page) log_event(LogLevel::info, "serving the page on " + *page);
    log_event(LogLevel::info, "listening on " + listener.name() + " for " +
                                  std::to_string(clients.all().size()) + " clients with log " +
                                  std::string{segment.epoch()});
    if (tls != nullptr) std::cout << "belfryd tls on " << tls->name() << '\n';
    if (page) std::cout << "belfryd web on " << *page << '\n';
    std::cout << "belfryd listening on " << listener.name() << std::endl;
}

/// Joins the cluster before a segment is made. @return nothing on a single node
std::optional<ClusterSettings> join(const Options& options) {
    if (!options.cluster) return {};
    auto settings = join_cluster(*options.cluster, options.data_dir, options.max_payload);
    if (!shm::LogWriter::payload_fits(options.ring_bytes, settings.max_payload)) {
        throw cli::UsageError{"the max-payload of the cluster, " +
                              std::to_string(settings.max_payload) +
                              " bytes, is more than an eighth of --ring-size"};
    }
    if (settings.max_payload != options.max_payload) {
        log_event(LogLevel::info, "max-payload is that of the cluster, " +
                                      std::to_string(settings.max_payload) + " bytes");
    }
    return settings;
}

/// Returns what the record `cluster-options` holds; nothing on a single node.
std::vector<std::string> recorded_arguments(const Options& options) {
    if (!options.cluster) return {};
    auto arguments = cluster_arguments(*options.cluster);
    arguments.insert(arguments.end(), {"--max-payload", std::to_string(options.max_payload)});
    return arguments;
}

void record_cluster(const Options& options) {
    shm::write_cluster_arguments(options.data_dir, recorded_arguments(options));
}

std::optional<ReplicaCommand> replica_command(const Options& options) {
    if (!options.cluster) return {};
    const bool is_changed =
        shm::read_cluster_arguments(options.data_dir) != recorded_arguments(options);
    return ReplicaCommand{replica_program(), options.data_dir, cluster_arguments(*options.cluster),
                          options.log_format, is_changed};
}

/// Removes the port files and the record of the clients' file. Those in the data directory stay if
/// that directory is gone or belongs to another server.
void remove_records(const Options& options, const shm::DataDirectoryLock& lock,
                    std::uint32_t port) noexcept {
    if (lock.file().is_in_place()) {
        shm::remove_port_file(options.data_dir, port);
        shm::remove_clients_path(options.data_dir);
    }
    if (options.port_file) shm::remove_port_file_at(*options.port_file, port);
}

/// Removes the segment when it is destroyed, if it is armed. Neither a clean stop nor a first start
/// that failed may leave a segment behind.
class Cleanup {
  public:
    Cleanup(const Options& options, const shm::DataDirectoryLock& lock,
            const shm::FoundSegment& found, bool is_new)
        : options_{options}, lock_{lock}, found_{found}, armed_{is_new} {}
    Cleanup(const Cleanup&) = delete;
    Cleanup& operator=(const Cleanup&) = delete;
    ~Cleanup() {
        if (!armed_) return;
        remove_records(options_, lock_, found_.segment.prefix().port);
        shm::remove_segment(options_.data_dir, found_.name);
    }
    void arm() noexcept { armed_ = true; }
    void disarm() noexcept { armed_ = false; }

  private:
    const Options& options_;
    const shm::DataDirectoryLock& lock_;
    const shm::FoundSegment& found_;
    bool armed_;
};

/// Ends all sessions, and stores everything.
/// @throws StartError if that is not possible; then the segment must be kept
void stop(Supervisor& supervisor, const Options& options, const shm::DataDirectoryLock& lock,
          const shm::FoundSegment& found) {
    supervisor.stop_sessions();
    const bool drained = supervisor.drain_archiver();
    const shm::Segment& segment = found.segment;
    if (segment.has_store() && !(drained && store::holds_whole_log(options.data_dir, segment))) {
        remove_records(options, lock, segment.prefix().port);
        throw StartError{"not all data could be stored; " +
                         store::kept_for_later(options.data_dir, found)};
    }
    log_event(LogLevel::info, "stopped");
}

}  // namespace

void serve(Options options, auth::KnownClients clients, const std::vector<std::string>& arguments) {
    ServiceManager manager;
    shm::make_data_directory(options.data_dir);
    shm::require_safe(options.data_dir);
    const shm::DataDirectoryLock lock{options.data_dir};
    lower_oom_score();
    set_process_title("supervisor");

    auto adopted = segment_to_adopt(options);
    if (!adopted) {
        require_nobody(options);
        // Before the node joins, because `belfryctl cluster reseed` may be what makes that
        // possible.
        record_cluster(options);
    }
    const auto cluster = adopted ? std::nullopt : join(options);
    const base::UniqueFd alive = shm::hold_alive(options.data_dir);
    Listener listener = open_listener(options.listen, options.port,
                                      adopted ? &adopted->segment.prefix().port : nullptr);

    const bool is_new = !adopted;
    shm::FoundSegment found =
        adopted ? *std::move(adopted) : new_segment(options, clients, cluster);
    Cleanup cleanup{options, lock, found, is_new};
    shm::Segment& segment = found.segment;
    configure(segment, options, clients);
    const SharedLogLevel level{segment.server().log_level};
    log_if_full(segment);
    const std::vector<base::PlacedFile> lock_files{lock.file(),
                                                   shm::alive_file(options.data_dir, alive)};
    std::optional<Gate> gate;
    open_gate(gate, segment, options, is_new);
    const Descriptors descriptors{segment, gate ? GateListener::max_waiting : 0,
                                  options.max_waiting};
    Supervisor supervisor{
        segment, options.data_dir, listener, gate ? &*gate : nullptr, descriptors.max_waiting(),
        alive,   lock_files,       clients,  replica_command(options)};
    // This may fail, so it must come before an archiver is started, which would outlive the
    // failure.
    if (options.port_file) {
        shm::write_port_file(options.data_dir, *options.port_file, listener.port());
    }
    shm::write_clients_path(options.data_dir, options.clients_file);
    if (gate) gate->watchdog.begin();
    // This may log a warning, so it comes after everything that may fail: a start that fails logs
    // one line only, which names the reason.
    descriptors.log_what_is_missing();
    show_sandbox(segment, supervisor.sandbox());
    move_program_to_huge_pages();
    const std::size_t sessions = supervisor.adopt();
    if (!is_new) {
        // Only after a replica with other options was replaced: if this process is killed before
        // that, the next one does it.
        record_cluster(options);
        log_adoption(segment, sessions);
    }
    log_listening(segment, options, clients, listener, gate);
    warn_of_exposure(options, clients);
    manager.ready("listening on " + listener.name());
    cleanup.disarm();  // From here on clients may have been told that messages are SENT.
    Reload reload{arguments, options, clients, segment, supervisor};
    const auto run_reload = [&] {
        manager.reloading();
        reload.run();
        manager.ready("listening on " + listener.name());
    };
    supervisor.run(run_reload, [&] { return manager.send_heartbeat(); });
    manager.stopping();
    stop(supervisor, options, lock, found);
    cleanup.arm();
}

}  // namespace belfry::server
