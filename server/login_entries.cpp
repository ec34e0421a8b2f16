#include "server/login_entries.hpp"

#include "base/clock.hpp"
#include "shm/client_table.hpp"
#include "shm/log_lock.hpp"
#include "shm/news.hpp"
#include "shm/outbox.hpp"
#include "wire/entry.hpp"

#include <boost/interprocess/sync/scoped_lock.hpp>

namespace belfry::server {
namespace {

using LoginResult = shm::Session::LoginResult;
using wire::EntryKind;

bool add(shm::OutboxBatch& batch, EntryKind kind, std::string_view client_id, std::uint64_t login,
         std::uint64_t number) noexcept {
    const wire::Entry entry{.kind = kind,
                            .name = client_id,
                            .login = login,
                            .number = number,
                            .time_ms = base::unix_ms(),
                            .body = {}};
    return batch.add(wire::EntryHead{entry}.bytes());
}

/// Writes the entry of the login. If the login that it replaces is this node's, the cursor of that
/// one comes first, because it would not count afterwards.
/// @return the position after the entry; 0 if there is no room
std::uint64_t append_login(shm::Segment& segment, std::uint32_t row,
                           const NewLogin& login) noexcept {
    const std::string_view client_id = shm::name_of(segment, row);
    const std::uint64_t cursor = shm::cursor_of(segment, row);
    shm::OutboxBatch batch{segment};
    if (login.replaces != 0 && cursor != 0 && shm::is_login_of_this_node(segment, row) &&
        !add(batch, EntryKind::cursor, client_id, login.replaces, cursor)) {
        return 0;
    }
    if (!add(batch, EntryKind::login, client_id, login.id, login.replaces)) return 0;
    batch.commit();
    return batch.end();
}

/// If the process dies before it has woken the replica, the replica finds the entry when it looks
/// at the outbox again.
/// @return the position after the entry; 0 if there is no room
std::uint64_t append_logout(shm::Segment& segment, const shm::Session& session,
                            std::string_view client_id, std::uint64_t cursor) noexcept {
    const wire::EntryHead head{{.kind = EntryKind::logout,
                                .name = client_id,
                                .login = session.login_id(),
                                .number = cursor,
                                .time_ms = base::unix_ms(),
                                .body = {}}};
    return shm::append_entry(segment, head.bytes());
}

}  // namespace

LoginRequest ask_for_login(shm::Segment& segment, shm::Session& session, std::string_view client_id,
                           const NewLogin& login) noexcept {
    const auto row = shm::find_client(segment, client_id);
    if (!row) return {LoginResult::unknown_client};
    LoginRequest request{};
    {
        shm::LogLock lock{segment};
        const boost::interprocess::scoped_lock guard{lock};
        request.result = session.examine(*row);
        if (request.result != LoginResult::welcome) return request;
        session.ask_for(login.id);
        session.set_appending(true);
        request.end = append_login(segment, *row, login);
    }
    if (request.end != 0) shm::announce_entries(segment);
    session.set_appending(false);
    return request;
}

void withdraw_login(shm::Segment& segment, const shm::Session& session,
                    std::string_view client_id) noexcept {
    static_cast<void>(append_logout(segment, session, client_id, 0));
}

std::uint64_t log_out(shm::Segment& segment, shm::Session& session) noexcept {
    const bool is_current = session.is_current();
    session.leave();
    if (!segment.is_in_cluster() || !is_current) return 0;
    return append_logout(segment, session, shm::name_of(segment, session.row()),
                         shm::cursor_of(segment, session.row()));
}

}  // namespace belfry::server
