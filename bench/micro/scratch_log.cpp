#include "bench/micro/scratch_log.hpp"

#include "shm/session_slots.hpp"
#include "store/log_record.hpp"

#include <sys/mman.h>

#include <atomic>
#include <cstdlib>

namespace belfry::bench {
namespace {

shm::SegmentPlan plan(std::size_t clients) {
    shm::SegmentPlan plan;
    plan.epoch = "1";
    for (std::size_t i = 0; i < clients; ++i) plan.clients.push_back({ScratchLog::client_id(i)});
    return plan;
}

shm::Session session_in(shm::Segment& segment, std::size_t index) {
    const auto given = shm::give_slot(segment, static_cast<std::uint32_t>(index));
    return {segment, given.slot, given.generation};
}

}  // namespace

ScratchLog::ScratchLog(std::size_t clients)
    : found_{shm::create_segment(scratch_.path(), plan(clients))} {}

ScratchLog::~ScratchLog() {
    shm::remove_segment(scratch_.path(), found_.name);
}

void ScratchLog::populate() {
    constexpr std::size_t page = 4096;
    const shm::Geometry& geometry = segment().geometry();
    const std::size_t bytes = geometry.ring_offset + geometry.ring_bytes;
    if (::madvise(&segment().prefix(), bytes, MADV_POPULATE_WRITE) != 0) std::abort();
    // Some hosts map a page only after the program itself has written to it. The write changes no
    // value.
    char* const first = reinterpret_cast<char*>(&segment().prefix());
    for (std::size_t at = 0; at < bytes; at += page) {
        std::atomic_ref{first[at]}.fetch_or(0, std::memory_order_relaxed);
    }
}

Member::Member(ScratchLog& log, std::size_t index) : session_{session_in(log.segment(), index)} {
    shm::Session::Welcome welcome;
    if (!session_.claim() || session_.login(ScratchLog::client_id(index), welcome) !=
                                 shm::Session::LoginResult::welcome) {
        std::abort();
    }
    writer_.emplace(log.segment(), session_, store::record_format);
}

}  // namespace belfry::bench
