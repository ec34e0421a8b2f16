#include "server/store_cursor.hpp"

#include "base/clock.hpp"
#include "daemon/logger.hpp"
#include "store/store_file.hpp"

#include <chrono>
#include <thread>

namespace belfry::server {
namespace {

/// The longest pause that a read waits for. The archiver never asks for a longer one.
constexpr std::int64_t max_pause_ms = 1000;

}  // namespace

StoreCursor::Page StoreCursor::read(std::uint64_t from, std::uint64_t to,
                                    const store::StoreReader::Take& take) {
    if (!segment_->has_store()) return {from, to};
    wait_while_paused();
    try {
        const Page page = read_store(from, to, take);
        failing_ = false;
        return page;
    } catch (const store::StoreError& error) {
        fail(error);
        return {from};
    }
}

/// Waits while the archiver asks readers to pause, because the write-ahead log has become too long.
void StoreCursor::wait_while_paused() const {
    const std::int64_t start_ms = base::steady_ms();
    const auto& until_ms = segment_->archiver().no_reads_until_ms;
    for (std::int64_t now_ms = start_ms;
         now_ms < until_ms.load(std::memory_order_relaxed) && now_ms < start_ms + max_pause_ms;
         now_ms = base::steady_ms()) {
        std::this_thread::sleep_for(std::chrono::milliseconds{5});
    }
}

StoreCursor::Page StoreCursor::read_store(std::uint64_t from, std::uint64_t to,
                                          const store::StoreReader::Take& take) {
    if (!reader_) open();
    const std::uint64_t next = reader_->read(from, to, take);
    if (next != from) return {next};
    const std::uint64_t readable = reader_->next_readable(from, to);
    if (readable == from) return {from};
    if (ends_before(to)) throw other_store("it ends before message " + std::to_string(to));
    const std::uint64_t first = reader_->first_id();
    if (first != 0 && from >= first) {
        log_event(LogLevel::warning, "cannot read messages " + std::to_string(from) + " to " +
                                         std::to_string(readable - 1) + " from the store");
    }
    return {from, readable - 1};
}

/// Opens the store, and checks that it is still that of this log. Messages that another store lacks
/// are not gone for good.
void StoreCursor::open() {
    reader_.emplace(*data_dir_);
    if (reader_->epoch() != segment_->epoch()) throw other_store("it belongs to another log");
}

/// Tells whether the store lacks this message, which was stored before it left the ring. It is
/// false for a damaged store whose end is unknown.
bool StoreCursor::ends_before(std::uint64_t id) {
    try {
        return reader_->last_id() < id;
    } catch (const store::StoreError& error) {
        if (!error.is_local()) throw;
        return false;
    }
}

store::StoreError StoreCursor::other_store(const std::string& why) const {
    return {store::StoreError::Kind::failing,
            "the store " + store::store_file(*data_dir_).string() + " was replaced: " + why};
}

/// Closes the store, and logs the first of several failures.
void StoreCursor::fail(const store::StoreError& error) {
    reader_.reset();
    if (!failing_) log_event(LogLevel::warning, std::string{"read failed: "} + error.what());
    failing_ = true;
}

}  // namespace belfry::server
