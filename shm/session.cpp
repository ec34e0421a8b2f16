#include "shm/session.hpp"

#include "shm/news.hpp"
#include "shm/ordering.hpp"
#include "shm/process_entry.hpp"
#include "shm/session_slots.hpp"

#include <boost/interprocess/sync/scoped_lock.hpp>

#include <algorithm>

namespace belfry::shm {

Session::Session(Segment& segment, std::uint32_t slot, std::uint32_t generation) noexcept
    : segment_{&segment}, slot_{slot}, generation_{generation} {}

bool Session::claim() noexcept {
    return shm::claim(segment_->session_process(slot_), generation_);
}

Session::LoginResult Session::examine(std::uint32_t row) const noexcept {
    const std::uint64_t entry = segment_->session_process(slot_).word.load();
    if (unpack(entry).high != generation_) return LoginResult::no_slot;
    const bool takes_over = online_session(*segment_, row).has_value();
    if (!takes_over && count_online(*segment_) >= segment_->server().max_online.load()) {
        return LoginResult::too_many_clients;
    }
    return LoginResult::welcome;
}

void Session::ask_for(std::uint64_t login) noexcept {
    login_ = login;
    segment_->session(slot_).login.store(login, std::memory_order_release);
}

Session::LoginResult Session::login(std::string_view client_id, Welcome& welcome,
                                    std::uint64_t secret_version) noexcept {
    const auto row = find_client(*segment_, client_id);
    if (!row) return LoginResult::unknown_client;
    LogLock lock{*segment_};
    const boost::interprocess::scoped_lock guard{lock};
    const LoginResult place = examine(*row);
    if (place != LoginResult::welcome) return place;
    if (segment_->client(*row).login.load(std::memory_order_acquire) != login_) {
        return LoginResult::not_current;
    }
    welcome.predecessor = online_session(*segment_, *row);
    row_ = *row;
    SessionSlot& shown = segment_->session(slot_);
    shown.secret_version.store(secret_version, std::memory_order_relaxed);
    shown.client.store(row_ + 1, std::memory_order_release);
    order_store_and_load();  // see set_known_clients()
    if (is_unwanted(*segment_, slot_)) {
        shown.client.store(0, std::memory_order_release);
        return is_known(*segment_, row_) ? LoginResult::secret_changed
                                         : LoginResult::unknown_client;
    }
    become_session_of(client(), welcome);
    return LoginResult::welcome;
}

void Session::become_session_of(ClientRow& client, Welcome& welcome) noexcept {
    // This store fences the earlier session (9).
    client.session.store(word(), std::memory_order_release);
    std::uint64_t old = client.cursor.load();
    Cursor cursor{};
    do {
        cursor = unpack_cursor(old);
        ++cursor.generation;
    } while (!client.cursor.compare_exchange_weak(old, pack(cursor)));
    cursor_generation_ = cursor.generation;
    if (segment_->is_in_cluster()) {
        // The client may have sent from another node since, and what an earlier session has left in
        // the outbox is either applied or will be dropped.
        client.last_seq.store(client.stored_seq.load(std::memory_order_acquire),
                              std::memory_order_release);
    }
    welcome.cursor = cursor.id;
    // The archiver stores stored_seq before stored_id. They are read here in the reverse order, so
    // the seq is never older than `last`. It may be newer by one commit of the archiver.
    welcome.last = segment_->visible();
    welcome.accepted = client.last_seq.load(std::memory_order_relaxed);
    const bool all_is_visible = segment_->durability() != Durability::commit;
    welcome.seq = (all_is_visible ? client.last_seq : client.stored_seq).load();
}

bool Session::is_current() const noexcept {
    const ClientRow& row = client();
    return row.session.load(std::memory_order_acquire) == word() &&
           row.login.load(std::memory_order_acquire) == login_;
}

bool Session::acknowledge(std::uint64_t id) noexcept {
    // After a login at another node, the cursor follows that one.
    if (client().login.load(std::memory_order_acquire) != login_) return false;
    const std::uint64_t target = std::min(id, segment_->visible());
    std::uint64_t old = client().cursor.load(std::memory_order_acquire);
    do {
        if (unpack_cursor(old).generation != cursor_generation_) return false;
        if (unpack_cursor(old).id >= target) return true;
    } while (!client().cursor.compare_exchange_weak(old, pack(Cursor{cursor_generation_, target}),
                                                    std::memory_order_acq_rel));
    return true;
}

void Session::leave() noexcept {
    std::uint64_t mine = word();
    if (client().session.compare_exchange_strong(mine, 0)) announce_presence(*segment_);
}

void Session::set_appending(bool appending) const noexcept {
    segment_->session(slot_).appending.store(appending ? 1 : 0, std::memory_order_release);
}

}  // namespace belfry::shm
