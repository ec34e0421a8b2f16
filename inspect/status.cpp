#include "inspect/status.hpp"

#include "shm/client_table.hpp"
#include "shm/process.hpp"
#include "shm/session_slots.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <iomanip>
#include <ostream>

namespace belfry::inspect {
namespace {

pid_t living(const shm::ProcessEntry& entry) {
    const auto process = shm::process_in(entry);
    return process && shm::open_process(*process) ? process->pid : 0;
}

/// What a slot's child has claimed may be dead, where no supervisor is there to notice.
pid_t living_session(const shm::Segment& segment, std::uint32_t row) {
    const auto slot = shm::online_slot(segment, row);
    return slot ? living(segment.session_process(*slot)) : 0;
}

ClientStatus client_status(const shm::Segment& segment, std::uint32_t row) {
    const pid_t pid = living_session(segment, row);
    const std::uint64_t cursor = shm::cursor_of(segment, row);
    const std::uint64_t visible = segment.visible();  // read later, so never below the cursor
    return {std::string{shm::name_of(segment, row)},
            pid != 0,
            pid,
            cursor,
            visible - std::min(cursor, visible),
            segment.client(row).last_seq.load()};
}

std::string_view name_of(shm::Durability durability) noexcept {
    switch (durability) {
        case shm::Durability::memory:
            return "memory";
        case shm::Durability::async:
            return "async";
        case shm::Durability::commit:
            return "commit";
    }
    return "unknown";
}

std::string_view store_word(const Status& status) noexcept {
    if (status.durability == shm::Durability::memory) return "none";
    switch (status.store_state) {
        case shm::StoreState::works:
            return "works";
        case shm::StoreState::fails:
            return "fails";
        case shm::StoreState::drained:
            return "drained";
    }
    return "unknown";
}

/// For people.
std::string store_line(const Status& status) {
    std::string word{store_word(status)};
    if (status.durability == shm::Durability::memory) return word;
    return word + ", messages up to " + std::to_string(status.stored_id) + " are stored";
}

std::string pid_or_not(pid_t pid) {
    return pid != 0 ? std::to_string(pid) : "not running";
}

/// Both ends move while a server runs: the older one is read first, and the result is a moment's.
std::uint64_t used_bytes(const shm::Segment& segment) {
    const shm::LogHeader& log = segment.log();
    const std::uint64_t start = segment.position(log.first_id.load()).load();
    const std::uint64_t end = segment.position(log.last_id.load() + 1).load();
    return std::min(end - start, segment.geometry().ring_bytes);
}

}  // namespace

Status read_status(const shm::FoundSegment& found) {
    const shm::Segment& segment = found.segment;
    const shm::LogHeader& log = segment.log();
    Status status{};
    status.key = found.name.key;
    status.shmid = found.name.shmid;
    status.bytes = segment.prefix().segment_bytes;
    status.attached = shm::attached_processes(found.name.shmid) - 1;
    status.epoch = segment.epoch();
    status.first_id = log.first_id.load();
    status.stored_id = log.stored_id.load();
    status.visible_id = segment.visible();
    status.last_id = log.last_id.load();
    status.capacity_bytes = segment.geometry().ring_bytes;
    status.used_bytes = used_bytes(segment);
    status.durability = segment.durability();
    status.store_state = segment.store_state();
    status.supervisor = living(segment.process(shm::supervisor_entry));
    status.archiver = living(segment.process(shm::archiver_entry));
    for (std::uint32_t row = 0; row < segment.geometry().client_rows; ++row) {
        if (shm::is_known(segment, row)) status.clients.push_back(client_status(segment, row));
    }
    return status;
}

void print_json(std::ostream& out, const Status& status) {
    nlohmann::ordered_json clients = nlohmann::ordered_json::array();
    for (const ClientStatus& client : status.clients) {
        clients.push_back({{"id", client.id},
                           {"online", client.online},
                           {"pid", client.pid},
                           {"cursor", client.cursor},
                           {"behind", client.behind},
                           {"seq", client.seq}});
    }
    const nlohmann::ordered_json page{
        {"segment",
         {{"key", status.key},
          {"shmid", status.shmid},
          {"bytes", status.bytes},
          {"attached", status.attached}}},
        {"log",
         {{"epoch", status.epoch},
          {"first_id", status.first_id},
          {"last_id", status.last_id},
          {"visible_id", status.visible_id},
          {"stored_id", status.stored_id},
          {"capacity_bytes", status.capacity_bytes},
          {"used_bytes", status.used_bytes},
          {"durability", name_of(status.durability)}}},
        {"store", {{"state", store_word(status)}}},
        {"processes", {{"supervisor", status.supervisor}, {"archiver", status.archiver}}},
        {"clients", clients}};
    out << page.dump(2) << '\n';
}

void print_page(std::ostream& out, const Status& status) {
    out << "segment     key 0x" << std::hex << std::setw(8) << std::setfill('0')
        << static_cast<std::uint32_t>(status.key) << std::dec << std::setfill(' ') << ", shmid "
        << status.shmid << ", " << status.bytes << " bytes, " << status.attached
        << " processes attached\n"
        << "log         epoch " << status.epoch << ", messages " << status.first_id << " to "
        << status.last_id << ", " << status.used_bytes << " of " << status.capacity_bytes
        << " bytes\n"
        << "durability  " << name_of(status.durability) << '\n'
        << "store       " << store_line(status) << '\n'
        << "supervisor  " << pid_or_not(status.supervisor) << '\n'
        << "archiver    " << pid_or_not(status.archiver) << "\n\n"
        << std::left << std::setw(34) << "client" << std::right << std::setw(8) << "pid"
        << std::setw(14) << "cursor" << std::setw(14) << "behind" << std::setw(14) << "seq" << '\n';
    for (const ClientStatus& client : status.clients) {
        out << std::left << std::setw(34) << client.id << std::right << std::setw(8)
            << (client.online ? std::to_string(client.pid) : "-") << std::setw(14) << client.cursor
            << std::setw(14) << client.behind << std::setw(14) << client.seq << '\n';
    }
}

}  // namespace belfry::inspect
