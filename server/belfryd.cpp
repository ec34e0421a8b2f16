#include "server/belfryd.hpp"

#include "server/report.hpp"
#include "server/start_error.hpp"
#include "server/supervisor.hpp"
#include "shm/client_table.hpp"
#include "shm/data_directory.hpp"
#include "shm/end_server.hpp"
#include "shm/port_file.hpp"
#include "shm/segment_file.hpp"
#include "store/open_log.hpp"
#include "wire/version.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <thread>

namespace belfry::server {
namespace {

constexpr std::size_t epoch_digits = 16;

constexpr std::uint64_t ms_per_day = 24ULL * 60 * 60 * 1000;

/// A supervisor that was killed may hold its port for a moment longer.
constexpr std::chrono::seconds port_patience{1};
constexpr std::chrono::milliseconds port_retry{20};

/// Memory and a store are different things; of the two with a store the stronger one holds.
/// @throws StartError
void adopt_durability(shm::Segment& segment, const std::string& name, shm::Durability wanted) {
    const shm::Durability has = segment.durability();
    if ((has == shm::Durability::memory) != (wanted == shm::Durability::memory)) {
        throw StartError{name + " was made with another --durability; stop its server first"};
    }
    if (wanted == shm::Durability::async && has == shm::Durability::commit) {
        report(name + " was made with --durability commit, which holds until a clean stop");
    }
    if (wanted > has) segment.prefix().durability.store(static_cast<std::uint32_t>(wanted));
}

void set_retention(const shm::Segment& segment, const Options& options) {
    segment.archiver().keep_messages.store(options.keep_messages);
    segment.archiver().keep_ms.store(options.keep_days * ms_per_day);
}

/// The slow way to go on: all sessions are told to go, the archiver stores what is left, and the
/// segment is given up.
void end_earlier_server(const Options& options, const shm::FoundSegment& found) {
    const bool ended = shm::end_sessions(found.segment);
    shm::end_archiver(found.segment);
    if (!ended || !shm::wait_for_nobody(options.data_dir)) {
        throw StartError{"processes of an earlier server in " + options.data_dir.string() +
                         " do not end"};
    }
    shm::remove_segment(options.data_dir, found.name);
}

/// Without a store the messages lie in the segment alone. @throws StartError
void require_store(const Options& options, const shm::FoundSegment& found,
                   const std::string& name) {
    if (options.durability != shm::Durability::memory && found.segment.has_store()) return;
    throw StartError{name + " has layout version " +
                     std::to_string(found.segment.prefix().layout_version) + ", this program has " +
                     std::to_string(shm::layout_version) +
                     "; stop its server first, or remove it with belfryctl remove"};
}

/// Nobody may go on with a log that is about to be made again. @throws StartError
void require_nobody(const Options& options) {
    if (shm::wait_for_nobody(options.data_dir)) return;
    throw StartError{"processes of an earlier server in " + options.data_dir.string() +
                     " still run, and its shared memory is gone; end them first"};
}

/// An earlier server's segment, if it can be gone on with. A torn one is removed.
/// @throws StartError
std::optional<shm::FoundSegment> segment_to_adopt(const Options& options) {
    auto found = shm::find_segment(options.data_dir, boost::interprocess::read_write);
    if (!found) return {};
    const std::string name = "the shared memory segment " + std::to_string(found->name.shmid);
    switch (found->state) {
        case shm::SegmentState::torn:
            report("removing " + name + ", whose creation was cut short");
            shm::remove_segment(options.data_dir, found->name);
            return {};
        case shm::SegmentState::removed:
            report(name + " was removed; its processes are ended");
            end_earlier_server(options, *found);
            return {};
        case shm::SegmentState::other_layout:
            require_store(options, *found, name);
            report(name + " has another layout; its processes are ended, and it is made again");
            end_earlier_server(options, *found);
            return {};
        case shm::SegmentState::whole:
            break;
    }
    adopt_durability(found->segment, name, options.durability);
    if (found->segment.has_store()) store::resume_log(options.data_dir, found->segment);
    return found;
}

/// What the store says, or a new log.
store::SavedLog log_to_go_on_with(const Options& options) {
    const std::string new_epoch = shm::random_hex(epoch_digits);
    store::SavedLog saved;
    saved.epoch = new_epoch;
    if (options.durability == shm::Durability::memory) return saved;
    saved = store::open_log(options.data_dir, options.durability, new_epoch);
    if (saved.last_id == 0) return saved;
    report("the store has the messages up to " + std::to_string(saved.last_id) + " of the log " +
           saved.epoch);
    if (saved.epoch == new_epoch) {
        report("messages that were shown and not stored yet may be lost: the log goes on as " +
               new_epoch);
    }
    return saved;
}

/// Those that are listed may log in; the others keep their cursors in the store.
std::vector<shm::SegmentPlan::Client> clients_of(const Options& options,
                                                 const store::SavedLog& saved) {
    std::vector<shm::SegmentPlan::Client> clients;
    for (const std::string& id : options.client_ids) clients.push_back({id, true, 0, 0});
    for (const store::SavedClient& client : saved.clients) {
        const auto listed = std::ranges::find(clients, client.id, &shm::SegmentPlan::Client::id);
        if (listed == clients.end()) {
            clients.push_back({client.id, false, client.cursor, client.seq});
        } else {
            *listed = {client.id, true, client.cursor, client.seq};
        }
    }
    return clients;
}

shm::FoundSegment new_segment(const Options& options) {
    const store::SavedLog saved = log_to_go_on_with(options);
    shm::SegmentPlan plan;
    plan.ring_bytes = options.ring_bytes;
    plan.max_clients = options.max_clients;
    plan.max_payload = options.max_payload;
    plan.durability = options.durability;
    plan.epoch = saved.epoch;
    plan.program_version = wire::version;
    plan.clients = clients_of(options, saved);
    plan.last_id = saved.last_id;
    return shm::create_segment(options.data_dir, std::move(plan));
}

/// Binds at once, or where an earlier supervisor has only just died, within a second.
Listener listen_again(const std::string& address, std::uint16_t port) {
    const auto deadline = std::chrono::steady_clock::now() + port_patience;
    while (true) {
        try {
            return Listener{address, port};
        } catch (const StartError&) {
            if (std::chrono::steady_clock::now() >= deadline) throw;
        }
        std::this_thread::sleep_for(port_retry);
    }
}

/// Cursors cannot be above the end of the log (7).
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
        report("the cursor of client " + std::string{shm::name_of(segment, row)} + " stood at " +
               std::to_string(cursor.id) + ", above the end of the log: pulled back to " +
               std::to_string(end));
    }
}

void require_rows(bool enough) {
    if (enough) return;
    throw StartError{
        "the shared memory segment has no room for so many new client-ids; stop its server "
        "cleanly first"};
}

/// A descriptor for each child that may have to be adopted.
void raise_descriptor_limit() {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

/// Removes the segment, which a clean stop, or a first start that failed, must not leave.
class Cleanup {
  public:
    Cleanup(const Options& options, const shm::FoundSegment& found, bool is_new)
        : options_{options}, found_{found}, armed_{is_new} {}
    Cleanup(const Cleanup&) = delete;
    Cleanup& operator=(const Cleanup&) = delete;
    ~Cleanup() {
        if (!armed_) return;
        shm::remove_port_file(options_.data_dir, found_.segment.prefix().port);
        shm::remove_segment(options_.data_dir, found_.name);
    }
    void arm() noexcept { armed_ = true; }
    void disarm() noexcept { armed_ = false; }

  private:
    const Options& options_;
    const shm::FoundSegment& found_;
    bool armed_;
};

}  // namespace

void serve(const Options& options) {
    shm::make_data_directory(options.data_dir);
    const shm::DataDirectoryLock lock{options.data_dir};
    raise_descriptor_limit();

    auto adopted = segment_to_adopt(options);
    if (!adopted) require_nobody(options);
    const shm::UniqueFd alive = shm::hold_alive(options.data_dir);
    const bool again = adopted && options.port == 0;
    const std::uint16_t port =
        again ? static_cast<std::uint16_t>(adopted->segment.prefix().port) : options.port;
    Listener listener =
        adopted ? listen_again(options.listen, port) : Listener{options.listen, options.port};

    const bool is_new = !adopted;
    shm::FoundSegment found = adopted ? *std::move(adopted) : new_segment(options);
    Cleanup cleanup{options, found, is_new};
    shm::Segment& segment = found.segment;
    if (!is_new) require_rows(shm::set_known_clients(segment, options.client_ids));
    pull_back_cursors(segment);
    set_retention(segment, options);
    Supervisor supervisor{segment, options.data_dir, listener, alive};
    // Before there is an archiver, which would outlive a start that fails.
    if (options.port_file) {
        shm::write_port_file(options.data_dir, *options.port_file, listener.port());
    }
    const std::size_t living = supervisor.adopt();
    if (!is_new) {
        report("adopted the log " + std::string{segment.epoch()} + " with " +
               std::to_string(segment.log().last_id.load()) + " messages and " +
               std::to_string(living) + " sessions");
    }
    std::cout << "belfryd listening on " << listener.name() << std::endl;
    cleanup.disarm();  // from here on clients may have been told that messages are SENT
    supervisor.run();
    supervisor.stop_sessions();
    if (!supervisor.drain_archiver()) {
        shm::remove_port_file(options.data_dir, listener.port());
        throw StartError{"not everything could be stored: the shared memory segment " +
                         std::to_string(found.name.shmid) + " is kept for the next start"};
    }
    cleanup.arm();
}

}  // namespace belfry::server
