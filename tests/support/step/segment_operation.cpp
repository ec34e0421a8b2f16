#include "tests/support/step/segment_operation.hpp"

#include "shm/log_lock.hpp"

#include <linux/futex.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>

namespace belfry::test {
namespace {

using shm::ClientRow;
using shm::ProcessEntry;
using shm::SessionSlot;

std::size_t print_terse_head(std::span<char> out, std::uint64_t id, std::string_view sender,
                             std::uint64_t /*time_ms*/, std::size_t body_bytes) noexcept {
    char* const end = out.data() + out.size();
    char* at = std::to_chars(out.data(), end, id).ptr;
    *at++ = ' ';
    at = std::copy(sender.begin(), sender.end(), at);
    *at++ = ' ';
    at = std::to_chars(at, end, body_bytes).ptr;
    *at++ = ':';
    return static_cast<std::size_t>(at - out.data());
}

/// Makes the condition look to notifiers as if a process slept on it.
void pretend_sleeper(shm::Condition& condition) {
    auto& word = reinterpret_cast<std::atomic<std::uint32_t>&>(condition);
    word.fetch_or(1);
}

}  // namespace

shm::SegmentPlan tiny_plan(shm::Durability durability) {
    shm::SegmentPlan plan;
    plan.ring_bytes = 4096;
    plan.max_clients = 4;
    plan.max_payload = 512;
    plan.durability = durability;
    plan.epoch = "e";
    plan.program_version = "test";
    plan.clients = {{"ann"}, {"bob"}, {"cat"}};
    return plan;
}

shm::SegmentPlan tiny_cluster_plan() {
    shm::SegmentPlan plan = tiny_plan(shm::Durability::commit);
    plan.cluster = {.name = "test", .node = "here", .incarnation = 7, .outbox_bytes = 0};
    return plan;
}

shm::RecordFormat terse_format() noexcept {
    return {&print_terse_head, "\n"};
}

void SegmentOperation::begin_here() {
    pretend_sleeper(log().new_messages);
    pretend_sleeper(log().news_of_senders);
    pretend_sleeper(log().space);
    pretend_sleeper(segment().archiver().wake);
    const std::size_t size = segment().prefix().segment_bytes;
    before_.assign(bytes(), bytes() + size);
}

void SegmentOperation::restore() {
    std::memcpy(bytes(), before_.data(), before_.size());
}

std::span<const char> SegmentOperation::image(pid_t /*child*/, bool /*may_be_new*/) {
    return {bytes(), before_.size()};
}

bool SegmentOperation::differs(const void* from, std::size_t count) {
    const auto offset = static_cast<const char*>(from) - bytes();
    return std::memcmp(from, before_.data() + offset, count) != 0;
}

bool SegmentOperation::any_slot_differs(std::size_t offset, std::size_t count) {
    for (std::uint32_t slot = 0; slot < segment().geometry().session_slots; ++slot) {
        if (differs(reinterpret_cast<char*>(&segment().session(slot)) + offset, count)) return true;
    }
    return false;
}

bool SegmentOperation::any_entry_differs(std::size_t offset) {
    for (std::uint32_t slot = 0; slot < segment().geometry().session_slots; ++slot) {
        const auto* entry = reinterpret_cast<char*>(&segment().session_process(slot));
        if (differs(entry + offset, sizeof(std::uint64_t))) return true;
    }
    return false;
}

bool SegmentOperation::any_client_differs(std::size_t offset, std::size_t count) {
    for (std::uint32_t row = 0; row < segment().geometry().client_rows; ++row) {
        if (differs(reinterpret_cast<char*>(&segment().client(row)) + offset, count)) return true;
    }
    return false;
}

/// True if the kernel has marked the lock's owner as dead, in the first word of the
/// pthread_mutex_t.
bool SegmentOperation::has_dead_holder() {
    unsigned word = 0;
    std::memcpy(&word, &log().mutex, sizeof word);
    return (word & FUTEX_OWNER_DIED) != 0;
}

std::string SegmentOperation::state(pid_t /*dead*/) {
    const shm::Geometry& sizes = segment().geometry();
    const auto index_bytes = sizes.ring_offset - sizes.positions_offset;
    const auto client_u64 = [this](std::size_t offset) { return any_client_differs(offset, 8); };
    const std::pair<const char*, bool> facts[] = {
        {"supervisor", differs(segment().process(shm::supervisor_entry))},
        {"name", any_client_differs(offsetof(ClientRow, name), sizeof(ClientRow::name))},
        {"known", any_client_differs(offsetof(ClientRow, known), sizeof(ClientRow::known))},
        {"entry", any_entry_differs(offsetof(ProcessEntry, word))},
        {"start time", any_entry_differs(offsetof(ProcessEntry, start_time))},
        {"flag", any_slot_differs(offsetof(SessionSlot, appending), 4)},
        {"lock", has_dead_holder()},
        {"slot", any_slot_differs(offsetof(SessionSlot, client), 4)},
        {"login", any_slot_differs(offsetof(SessionSlot, login), 8)},
        {"session", client_u64(offsetof(ClientRow, session))},
        {"cursor", client_u64(offsetof(ClientRow, cursor))},
        {"first_id", differs(log().first_id)},
        {"bytes", differs(segment().ring().data(), segment().ring().size())},
        {"index", differs(&segment().position(0), index_bytes)},
        {"time", differs(log().last_time_ms)},
        {"last_id", differs(log().last_id)},
        {"entries", differs(segment().outbox_ring().data(), segment().outbox_ring().size())},
        {"end", differs(segment().outbox().end)},
        {"last_seq", client_u64(offsetof(ClientRow, last_seq))},
        {"derived_id", differs(log().derived_id)},
        {"stored_seq", client_u64(offsetof(ClientRow, stored_seq))},
        {"stored_id", differs(log().stored_id)},
        {"node of the login", any_client_differs(offsetof(ClientRow, login_node), 4)},
        {"applied login", client_u64(offsetof(ClientRow, login))},
        {"revision", differs(segment().cluster().revision)},
        {"head", differs(segment().outbox().head)},
        {"presence", differs(log().presence_changes)},
        {"archiver told", differs(segment().archiver().wake)},
        {"writers told", differs(log().space)},
        {"sessions told", differs(log().new_messages)},
        {"senders told", differs(log().news_of_senders)},
    };
    changes_.clear();
    std::string text;
    for (const auto& [what, holds] : facts) {
        if (!holds) continue;
        changes_.emplace_back(what);
        text += (text.empty() ? "" : ", ") + changes_.back();
    }
    return text.empty() ? "nothing" : text;
}

bool SegmentOperation::has_changed(const std::string& what) const {
    return std::ranges::find(changes_, what) != changes_.end();
}

void SegmentOperation::survive(pid_t /*dead*/, Findings& findings) {
    shm::LogLock lock{segment()};
    // The holder is dead and reaped, so the lock is free at once or never.
    if (!lock.try_lock()) return findings.require(false, &Findings::stuck, "the lock is not free");
    lock.unlock();
    findings.require(log().derived_id == log().last_id, &Findings::lost,
                     "the last seqs are not derived from all records");
    for (const std::string& sentence : broken()) {
        findings.require(false, &Findings::torn, sentence);
    }
    go_on(findings);
    for (const std::string& sentence : broken()) {
        findings.require(false, &Findings::torn, "afterwards: " + sentence);
    }
}

shm::Session SegmentOperation::log_in_again(std::uint32_t slot, std::string_view client_id,
                                            Findings& findings) {
    shm::reap_slot(segment(), slot);
    shm::Session session = claimed_session(segment(), slot);
    shm::Session::Welcome welcome;
    findings.require(session.login(client_id, welcome) == shm::Session::LoginResult::welcome &&
                         session.is_current(),
                     &Findings::not_done_again, std::string{client_id} + " cannot log in again");
    return session;
}

}  // namespace belfry::test
