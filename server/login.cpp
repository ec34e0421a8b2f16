#include "server/login.hpp"

#include "server/logger.hpp"
#include "server/peer.hpp"
#include "server/predecessor.hpp"
#include "server/process_title.hpp"
#include "server/refused_login.hpp"
#include "shm/client_stats.hpp"
#include "wire/command_parser.hpp"
#include "wire/limits.hpp"
#include "wire/print.hpp"
#include "wire/version.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <variant>

namespace belfry::server {
namespace {

using shm::EndReason;
using wire::ErrorCode;

/// What one read may take beyond one whole message: it is appended before the output is looked at.
constexpr std::uint64_t max_read_ahead = 64 << 10;
constexpr std::uint64_t read_ahead_part = 8;  // of the ring

std::size_t input_bytes(const shm::Geometry& geometry) {
    const auto read_ahead = std::min(max_read_ahead, geometry.ring_bytes / read_ahead_part);
    return wire::max_line + geometry.max_payload + 2 + static_cast<std::size_t>(read_ahead);
}

/// Starts an output thread. One that was idle starts another, and ends: the kernel then frees the
/// 32 KiB that it keeps for a thread that has sent something. Where none can be started it goes on.
/// @return false: no thread could be started
[[nodiscard]] bool start_delivery(const std::shared_ptr<Delivery>& delivery) noexcept {
    const auto run = [delivery]() noexcept {
        while (delivery->run() == Delivery::End::idle) {
            if (start_delivery(delivery)) return;
        }
    };
    try {
        std::thread{run}.detach();
        return true;
    } catch (const std::system_error&) {
        return false;
    }
}

/// A login goes deeper than the rest of the session: gives back the pages below. Never inlined:
/// what lies below its frame is not in use.
[[gnu::noinline]] void release_stack() noexcept {
    constexpr std::size_t page = 4096;
    constexpr std::size_t depth = 16 * page;
    constexpr std::size_t in_use = 1024;  // by this call and what it calls
    char* const below = static_cast<char*>(__builtin_frame_address(0)) - in_use;
    char* const end = below - reinterpret_cast<std::uintptr_t>(below) % page;
    ::madvise(end - depth, depth, MADV_DONTNEED);
}

/// A connection that is not logged in.
class LoginPhase {
  public:
    LoginPhase(Heritage& heritage, shm::Session& session, SessionLoop& loop) noexcept
        : heritage_{&heritage}, segment_{&heritage.segment}, session_{&session}, loop_{&loop} {}

    [[nodiscard]] std::optional<Subscription> answer(const wire::Command& command);

  private:
    void answer_malformed(const wire::Malformed& malformed);
    [[nodiscard]] std::optional<Subscription> answer_login(const wire::Login& login);
    [[nodiscard]] std::optional<Subscription> start(const wire::Login& login,
                                                    const shm::Session::Welcome& welcome);
    [[nodiscard]] bool welcome_client(const wire::Login& login,
                                      const shm::Session::Welcome& welcome);
    void refuse(std::string_view client_id, ErrorCode code);
    void log_login(const wire::Login& login, const shm::Session::Welcome& welcome) const;

    Heritage* heritage_;
    shm::Segment* segment_;
    shm::Session* session_;
    SessionLoop* loop_;
};

/// @return what was logged in; none: nothing was, and unless the loop has ended it may try again
std::optional<Subscription> LoginPhase::answer(const wire::Command& command) {
    if (const auto* login = std::get_if<wire::Login>(&command)) return answer_login(*login);
    const auto* malformed = std::get_if<wire::Malformed>(&command);
    if (malformed != nullptr &&
        (malformed->is_login || malformed->code == ErrorCode::line_too_long)) {
        answer_malformed(*malformed);
    } else {
        loop_->end(SessionEnd{EndReason::protocol, error_line(ErrorCode::login_first)});
    }
    return {};
}

void LoginPhase::answer_malformed(const wire::Malformed& malformed) {
    const std::string line = error_line(malformed.code);
    if (malformed.close || !loop_->output().write(line))
        loop_->end(SessionEnd{EndReason::protocol, line});
}

std::optional<Subscription> LoginPhase::answer_login(const wire::Login& login) {
    // Its client may have come again, and be served already: that is the later login.
    if (!is_connected(heritage_->socket.get())) {
        loop_->end(SessionEnd{EndReason::lost, {}});
        return {};
    }
    shm::Session::Welcome welcome;
    switch (session_->login(login.client_id, welcome)) {
        case shm::Session::LoginResult::unknown_client:
            refuse(login.client_id, ErrorCode::unknown_client);
            return {};
        case shm::Session::LoginResult::too_many_clients:
            refuse(login.client_id, ErrorCode::too_many_clients);
            return {};
        case shm::Session::LoginResult::no_slot:
            // A supervisor was killed just behind the fork: to the client, one more connection that
            // broke. There may be room for many.
            loop_->end(SessionEnd{EndReason::failed, {}});
            return {};
        case shm::Session::LoginResult::welcome:
            break;
    }
    return start(login, welcome);
}

void LoginPhase::refuse(std::string_view client_id, ErrorCode code) {
    note_refused_login(*segment_, client_id, code, heritage_->socket.get());
    loop_->end(SessionEnd{EndReason::failed, error_line(code)});
}

/// For people.
void LoginPhase::log_login(const wire::Login& login, const shm::Session::Welcome& welcome) const {
    const std::string who = "client " + std::string{login.client_id};
    set_process_title(who);
    const bool takes_over = welcome.predecessor.has_value();
    log_event(LogLevel::info, who + " logged in from " + peer_of(heritage_->socket.get()) +
                                  ", process " + std::to_string(::getpid()) +
                                  (takes_over ? ", and takes over" : ""));
}

std::optional<Subscription> LoginPhase::start(const wire::Login& login,
                                              const shm::Session::Welcome& welcome) {
    if (welcome.predecessor) loop_->watch_predecessor(Predecessor{*segment_, *welcome.predecessor});
    shm::announce_presence(*segment_);
    shm::count_login(session_->client());
    loop_->admit(session_->client(), input_bytes(segment_->geometry()));
    log_login(login, welcome);
    const Subscription subscription{welcome.cursor, welcome.last,
                                    segment_->log().last_id.load(std::memory_order_acquire),
                                    login.manual_ack, login.presence};
    // Before WELCOME: of who comes behind it the client is told. The threads own the object: it may
    // outlive this one by the time to the process's end.
    const auto delivery =
        std::make_shared<Delivery>(*segment_, *session_, subscription, loop_->output(),
                                   loop_->delivery(), heritage_->data_dir);
    // Behind WELCOME, so that the thread takes the stack of the one that wrote it.
    if (!welcome_client(login, welcome)) {
        shm::count_end(*segment_, session_->client(), EndReason::failed);
        session_->leave();
        refuse(login.client_id, ErrorCode::too_many_clients);
        return {};
    }
    // To the client, which has been welcomed, one more connection that broke.
    if (!start_delivery(delivery)) loop_->end(SessionEnd{EndReason::failed, {}});
    release_stack();
    return subscription;
}

/// WELCOME, and LIVE where nothing was missed. The kernel keeps 32 KiB for each thread that has
/// sent something (sk_page_frag), until it ends: so this is sent by one that does. A client that
/// only listens, and is told nothing, is spared it.
/// @return false: no thread could be started
bool LoginPhase::welcome_client(const wire::Login& login, const shm::Session::Welcome& welcome) {
    std::string& lines = loop_->answers();
    wire::print(lines, wire::Welcome{login.client_id, segment_->epoch(), welcome.cursor,
                                     welcome.last, welcome.seq, segment_->geometry().max_payload,
                                     "belfry/" + std::string{wire::version}, welcome.accepted});
    if (welcome.cursor >= welcome.last) {
        wire::print(lines, wire::Live{welcome.cursor});
        loop_->delivery().set_live();
    }
    try {
        std::thread{[this] { loop_->flush_answers(); }}.join();
    } catch (const std::system_error&) {
        return false;
    }
    return true;
}

}  // namespace

std::optional<Subscription> log_in(Heritage& heritage, shm::Session& session, SessionLoop& loop) {
    LoginPhase phase{heritage, session, loop};
    auto parser = wire::CommandParser::for_login();
    while (!loop.ended()) {
        const auto step = parser.next(loop.input().unread());
        loop.input().consume(step.consumed);
        if (step.command) {
            if (auto logged_in = phase.answer(*step.command)) return logged_in;
        } else if (step.consumed == 0) {
            loop.wait_for_input(heritage.login_deadline);
        }
        if (SessionLoop::Clock::now() >= heritage.login_deadline)
            loop.end(SessionEnd{EndReason::protocol, error_line(ErrorCode::login_timeout)});
    }
    return {};
}

}  // namespace belfry::server
