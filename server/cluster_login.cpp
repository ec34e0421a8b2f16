#include "server/cluster_login.hpp"

#include "base/random.hpp"
#include "server/login_entries.hpp"
#include "shm/client_table.hpp"
#include "shm/news.hpp"

#include <chrono>

namespace belfry::server {
namespace {

using Clock = SessionLoop::Clock;
using shm::ClusterState;

/// How often the wait checks whether the session has to end.
constexpr std::chrono::milliseconds end_check_interval{50};

/// How long a login may wait for a cluster that does not answer, and how long for any.
constexpr std::chrono::seconds engine_timeout{5};
constexpr std::chrono::seconds login_timeout{15};

ClusterState state_of(const shm::Segment& segment) noexcept {
    return static_cast<ClusterState>(segment.cluster().state.load(std::memory_order_acquire));
}

std::uint64_t random_login() {
    std::uint64_t login = 0;
    while (login == 0) login = base::random_value<std::uint64_t>();
    return login;
}

}  // namespace

ClusterLogin::ClusterLogin(SessionContext& context, std::string_view client_id,
                           std::uint64_t secret_version) noexcept
    : context_{&context},
      client_id_{client_id},
      secret_version_{secret_version},
      began_{Clock::now()},
      former_{current_login()} {}

std::optional<ClusterLogin::LoginResult> ClusterLogin::log_in(shm::Session::Welcome& welcome) {
    // Only to a known client may the node say that it cannot take the login.
    if (!shm::find_client(context_->segment, client_id_)) return LoginResult::unknown_client;
    if (!wait_until_started()) return LoginResult::not_current;
    const auto result = ask_until_decided(welcome);
    if (result != LoginResult::welcome && context_->session.login_id() != 0) {
        withdraw_login(context_->segment, context_->session, client_id_);
    }
    return result;
}

/// Waits while the node is starting, so that a client need not know when it has started.
/// @return false if the node cannot take logins
bool ClusterLogin::wait_until_started() {
    const shm::Segment& segment = context_->segment;
    while (state_of(segment) != ClusterState::ok) {
        if (segment.cluster().has_worked.load() != 0 || !may_wait()) return false;
        context_->loop.wait(Clock::now() + end_check_interval);
    }
    return true;
}

std::optional<ClusterLogin::LoginResult> ClusterLogin::ask_until_decided(
    shm::Session::Welcome& welcome) {
    shm::Segment& segment = context_->segment;
    while (may_wait()) {
        const std::uint64_t replaced = current_login();
        if (is_given_up(replaced)) {
            context_->loop.end(end_by_take_over());
            break;
        }
        const std::uint64_t head = segment.outbox().head.load(std::memory_order_acquire);
        const auto asked = ask_for_login(segment, context_->session, client_id_,
                                         {.id = random_login(), .replaces = replaced});
        if (asked.result != LoginResult::welcome) return asked.result;
        if (asked.end == 0) {
            shm::wait_until_applied(segment, head + 1, Clock::now() + end_check_interval);
            continue;
        }
        if (!wait_until_applied(asked.end)) break;
        const auto result = context_->session.login(client_id_, welcome, secret_version_);
        if (result != LoginResult::not_current) return result;
    }
    if (context_->loop.ended()) return {};
    return LoginResult::not_current;
}

/// @return false if the session has to end before that
bool ClusterLogin::wait_until_applied(std::uint64_t position) {
    const shm::OutboxHeader& outbox = context_->segment.outbox();
    while (outbox.head.load(std::memory_order_acquire) < position) {
        if (!may_wait()) return false;
        shm::wait_until_applied(context_->segment, position, Clock::now() + end_check_interval);
    }
    return true;
}

/// Checks the connection, SIGTERM, the cluster and the time.
bool ClusterLogin::may_wait() {
    SessionLoop& loop = context_->loop;
    const auto now = Clock::now();
    loop.wait(now);
    if (loop.peer_is_gone()) loop.end(SessionEnd{shm::EndReason::lost, {}});
    if (loop.ended() || now >= began_ + login_timeout) return false;
    switch (state_of(context_->segment)) {
        case ClusterState::no_engine:
            return now < began_ + engine_timeout;
        case ClusterState::stopped:
            return false;
        case ClusterState::ok:
        case ClusterState::behind:
            break;
    }
    return true;
}

/// Returns the login that the client has at any node; 0 if it has none.
std::uint64_t ClusterLogin::current_login() const {
    const auto row = shm::find_row(context_->segment, client_id_);
    return row ? context_->segment.client(*row).login.load() : 0;
}

/// Tells whether the client has closed this connection and has got another login since it asked for
/// this one. A client that has only closed its sending side cannot be told from one that has given
/// up and is logged in elsewhere, and that one must not be thrown out there.
bool ClusterLogin::is_given_up(std::uint64_t present) const {
    return present != 0 && present != former_ && context_->loop.peer_has_closed();
}

}  // namespace belfry::server
