#include "server/delivery.hpp"

#include "shm/client_table.hpp"
#include "wire/print.hpp"
#include "wire/version.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>

namespace belfry::server {
namespace {

/// How much one read of the ring copies. It is large enough that a wake-up leads to one large
/// write, and small enough to stay in the processor's cache.
constexpr std::size_t read_bytes = 64 << 10;

/// How much is read from the store at once. It is more, because each read is a transaction.
constexpr std::size_t stored_bytes = 256 << 10;

/// The time between two attempts to read a store that does not work.
constexpr std::chrono::seconds store_retry{1};

/// A lost wake-up costs at most this time (11). A client that has received nothing for this long is
/// idle.
constexpr std::chrono::seconds max_wait{5};

}  // namespace

Delivery::Delivery(SessionContext& context, const Subscription& subscription)
    : segment_{&context.segment},
      session_{&context.session},
      subscription_{subscription},
      output_{&context.loop.output()},
      delivery_{&context.delivery},
      reader_{context.segment, read_bytes},
      store_{context.segment, context.heritage.data_dir},
      position_{subscription.welcome.cursor},
      live_{position_ >= subscription.welcome.last} {
    delivery_->advance_to(position_);
    if (!subscription_.presence) return;
    presence_seen_ = shm::presence_count(*segment_);
    for (std::uint32_t row = 0; row < segment_->geometry().client_rows; ++row) {
        online_.push_back(shm::is_online(*segment_, row));
    }
}

Delivery::End Delivery::run() noexcept {
    has_written_ = false;
    rearm_wait();
    const bool is_welcomed = delivery_->phase() != DeliveryPhase::welcoming || write_welcome();
    const End how = is_welcomed ? serve() : End::over;
    if (how == End::over) delivery_->enter(DeliveryPhase::ended);
    return how;
}

/// Writes WELCOME, and LIVE in the same write if the client has missed nothing.
bool Delivery::write_welcome() {
    frames_.clear();
    wire::print(frames_, wire::Welcome{shm::name_of(*segment_, session_->row()), segment_->epoch(),
                                       subscription_.welcome.cursor, subscription_.welcome.last,
                                       subscription_.welcome.seq, segment_->geometry().max_payload,
                                       "belfry/" + std::string{wire::version},
                                       subscription_.welcome.accepted});
    if (live_) wire::print(frames_, wire::Live{position_});
    if (!write(frames_)) return false;
    delivery_->enter(live_ ? DeliveryPhase::live : DeliveryPhase::catching_up);
    return true;
}

Delivery::End Delivery::serve() {
    while (true) {
        if (presence_changed() && !write_presence()) return End::over;
        const std::uint64_t visible = segment_->visible();
        // This check must come after `visible` is read, because messages that a later session of
        // the client has sent must not be delivered to this one.
        if (!session_->is_current()) return End::over;
        if (visible > position_) {
            if (!deliver(visible)) return End::over;
        } else if (!wait_for_news()) {
            if (!is_busy_) {
                release_buffers();
                if (has_written_) return End::idle;
            }
            rearm_wait();
        }
    }
}

/// Re-arms the wait deadline. While messages keep arriving the old deadline stays, because reading
/// the clock touches cache-cold pages.
void Delivery::rearm_wait() noexcept {
    wait_until_ = shm::Condition::Clock::now() + max_wait;
    is_busy_ = false;
}

/// @return false if `wait_until_` has passed
bool Delivery::wait_for_news() {
    return delivery_->news().wait_until(wait_until_, {has_sent_, presence_seen_});
}

bool Delivery::write(std::string_view frames) noexcept {
    has_written_ = true;
    is_busy_ = true;
    return output_->write(frames);
}

template <class Frame>
bool Delivery::write_frame(const Frame& frame) {
    frames_.clear();
    wire::print(frames_, frame);
    return write(frames_);
}

void Delivery::release_buffers() noexcept {
    reader_.release_buffer();
    std::string{}.swap(frames_);
}

/// @param visible the value that the caller has read; it is not read again, because it may move
/// back if a store has lost messages
bool Delivery::deliver(std::uint64_t visible) {
    const std::uint64_t to = live_ ? visible : std::min(visible, subscription_.welcome.last);
    // Own records are searched for only if there can be any, because the search looks at each
    // record.
    const bool any_own = position_ < subscription_.end || delivery_->news().sends();
    const std::uint32_t own_row = any_own ? session_->row() : shm::LogReader::no_row;
    shm::Chunk chunk;
    switch (reader_.read(position_ + 1, to, own_row, chunk)) {
        case shm::LogReader::Result::copied:
            store_.close();
            return deliver_chunk(chunk);
        case shm::LogReader::Result::overrun:
            return deliver_overrun();
        case shm::LogReader::Result::broken:
            break;
    }
    std::abort();
}

bool Delivery::deliver_chunk(const shm::Chunk& chunk) {
    std::string_view frames = chunk.bytes;
    has_sent_ = !chunk.own.empty();
    if (!chunk.own.empty()) {
        frames_.clear();
        std::size_t done = 0;
        for (const shm::IndexEntry& own : chunk.own) {
            frames_ += chunk.bytes.substr(done, own.offset - done);
            wire::print(frames_, wire::Sent{own.seq, own.id});
            done = own.offset + own.bytes;
        }
        frames_ += chunk.bytes.substr(done);
        frames = frames_;
    }
    if (!write(frames)) return false;
    if (!chunk.own.empty()) delivery_->news().has_sent(chunk.own.back().seq);
    return advance_to(chunk.last_id);
}

/// Delivers messages that have left the ring from the store. Without a store they are gone.
bool Delivery::deliver_overrun() {
    const std::uint64_t to = segment_->log().first_id.load(std::memory_order_acquire) - 1;
    if (!segment_->has_store()) return write_gap(to);
    return deliver_stored(live_ ? to : std::min(to, subscription_.welcome.last));
}

bool Delivery::deliver_stored(std::uint64_t to) {
    const std::string_view own_name = shm::name_of(*segment_, session_->row());
    std::uint64_t own_seq = 0;
    frames_.clear();
    const auto page = store_.read(position_ + 1, to, [&](const store::Message& message) {
        if (message.sender == own_name) {
            own_seq = message.seq;
            wire::print(frames_, wire::Sent{message.seq, message.id});
        } else {
            wire::print(frames_, wire::Message{false, message.id, message.sender, message.time_ms,
                                               message.body});
        }
        return frames_.size() < stored_bytes;
    });
    if (!frames_.empty()) {
        if (!write(frames_)) return false;
        if (own_seq != 0) delivery_->news().has_sent(own_seq);
        return advance_to(page.next - 1);
    }
    if (page.missing_to != 0) return write_gap(page.missing_to);
    shm::wait_for_take_over(*segment_, *session_, shm::Condition::Clock::now() + store_retry);
    return true;
}

/// Tells the client which messages do not exist any more.
bool Delivery::write_gap(std::uint64_t last_id) {
    return write_frame(wire::Gap{position_ + 1, last_id}) && advance_to(last_id);
}

bool Delivery::advance_to(std::uint64_t id) {
    position_ = id;
    if (!subscription_.manual_ack && !session_->acknowledge(id)) return false;
    delivery_->advance_to(id);
    return live_ || position_ < subscription_.welcome.last || write_live();
}

bool Delivery::write_live() {
    live_ = true;
    if (!write_frame(wire::Live{position_})) return false;
    delivery_->enter(DeliveryPhase::live);
    return true;
}

bool Delivery::presence_changed() const noexcept {
    return presence_seen_ && *presence_seen_ != shm::presence_count(*segment_);
}

bool Delivery::write_presence() {
    presence_seen_ = shm::presence_count(*segment_);
    frames_.clear();
    for (std::uint32_t row = 0; row < online_.size(); ++row) {
        const bool online = shm::is_online(*segment_, row);
        if (online == online_[row]) continue;
        online_[row] = online;
        if (row == session_->row()) continue;
        wire::print(frames_, wire::Presence{shm::name_of(*segment_, row), online});
    }
    return write(frames_);
}

}  // namespace belfry::server
