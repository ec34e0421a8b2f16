#include "server/session_in.hpp"

#include "server/history_answer.hpp"
#include "server/logger.hpp"
#include "server/peer.hpp"
#include "server/process_title.hpp"
#include "server/refused_login.hpp"
#include "server/runtime_settings.hpp"
#include "shm/client_stats.hpp"
#include "shm/client_table.hpp"
#include "shm/session_timeouts.hpp"
#include "wire/limits.hpp"
#include "wire/print.hpp"
#include "wire/version.hpp"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <limits>
#include <system_error>
#include <thread>
#include <variant>

namespace belfry::server {
namespace {

using shm::EndReason;
using wire::ErrorCode;
using wire::max_seq;

/// Between two tries to read a store that does not work.
constexpr std::chrono::seconds store_timeout{1};

/// How long a wait for the archiver may overlook that the session is to end.
constexpr std::chrono::milliseconds stop_look{50};

/// The output thread's: it needs less than 64 KiB, SQLite included. Of a larger one no more pages
/// are used, but it lies so far from everything else that it takes page tables of its own.
constexpr std::size_t thread_stack = 256 << 10;

/// Starts an output thread. One that was idle starts another, and ends: the kernel then frees the
/// 32 KiB that it keeps for a thread that has sent something. Where none can be started it goes on.
/// @return false: no thread could be started
[[nodiscard]] bool start_output(const std::shared_ptr<SessionOut>& out) noexcept {
    const auto run = [out]() noexcept {
        while (out->run() == SessionOut::End::idle) {
            if (start_output(out)) return;
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

void make_thread_stacks_small() noexcept {
    pthread_attr_t attributes;
    if (::pthread_attr_init(&attributes) != 0) return;
    ::pthread_attr_setstacksize(&attributes, thread_stack);
    ::pthread_setattr_default_np(&attributes);
    ::pthread_attr_destroy(&attributes);
}

/// Answers are written when they reach this, so that they take no more memory than this and one
/// frame.
constexpr std::size_t max_answers = 64 << 10;

/// What one read may take beyond one whole message: it is appended before the output is looked at.
constexpr std::uint64_t max_read_ahead = 64 << 10;
constexpr std::uint64_t read_ahead_part = 8;  // of the ring

/// Until the first input behind the login: who only listens needs no more.
constexpr std::size_t login_bytes = 2 * wire::max_line;

std::size_t input_bytes(const shm::Geometry& geometry) {
    const auto read_ahead = std::min(max_read_ahead, geometry.ring_bytes / read_ahead_part);
    return wire::max_line + geometry.max_payload + 2 + static_cast<std::size_t>(read_ahead);
}

std::string error_line(ErrorCode code, std::uint64_t seq = 0) {
    std::string line;
    wire::print_error(line, code, seq);
    return line;
}

std::string bye(std::string_view reason) {
    std::string line;
    wire::print(line, wire::Bye{reason});
    return line;
}

/// For poll(2): -1 is for ever.
int milliseconds_until(std::chrono::steady_clock::time_point deadline) {
    using std::chrono::milliseconds;
    if (deadline == std::chrono::steady_clock::time_point::max()) return -1;
    const auto left =
        std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now()).count();
    return static_cast<int>(std::clamp<std::int64_t>(left, 0, std::numeric_limits<int>::max()));
}

}  // namespace

SessionIn::SessionIn(Heritage& heritage)
    : heritage_{&heritage},
      segment_{&heritage.segment},
      output_{heritage.socket.get()},
      session_{heritage.segment, heritage.slot.slot, heritage.slot.generation},
      input_{login_bytes},
      parser_{wire::CommandParser::for_login()} {}

void SessionIn::run() {
    if (!session_.claim()) return;
    if (log_in()) serve();
    finish();
}

// --- Login ------------------------------------------------------------------------------------

bool SessionIn::log_in() {
    output_.set_timeout(shm::last_line_timeout);
    while (!ending_) {
        const auto step = parser_.next(input_.unread());
        input_.consume(step.consumed);
        if (step.command) {
            auto ending = answer_login(*step.command);
            if (ending) {
                end(*std::move(ending));
            } else if (writer_) {
                return true;
            }
        } else if (step.consumed == 0) {
            wait(true, heritage_->login_deadline);
        }
        if (Clock::now() >= heritage_->login_deadline)
            end({EndReason::protocol, error_line(ErrorCode::login_timeout)});
    }
    return false;
}

/// @return how the session ends; none: it is logged in, or may try again
std::optional<SessionIn::Ending> SessionIn::answer_login(const wire::Command& command) {
    if (const auto* malformed = std::get_if<wire::Malformed>(&command)) {
        if (malformed->is_login || malformed->code == ErrorCode::line_too_long) {
            const std::string line = error_line(malformed->code);
            if (malformed->close || !output_.write(line)) return Ending{EndReason::protocol, line};
            return {};
        }
    }
    const auto* login = std::get_if<wire::Login>(&command);
    if (login == nullptr) return Ending{EndReason::protocol, error_line(ErrorCode::login_first)};
    // Its client may have come again, and be served already: that is the later login.
    if (!is_connected(heritage_->socket.get())) return Ending{EndReason::lost, {}};
    shm::Session::Welcome welcome;
    switch (session_.login(login->client_id, welcome)) {
        case shm::Session::LoginResult::unknown_client:
            return refuse_login(login->client_id, ErrorCode::unknown_client);
        case shm::Session::LoginResult::too_many_clients:
            return refuse_login(login->client_id, ErrorCode::too_many_clients);
        case shm::Session::LoginResult::no_slot:
            // A supervisor was killed just behind the fork: to the client, one more connection that
            // broke. There may be room for many.
            return Ending{EndReason::failed, {}};
        case shm::Session::LoginResult::welcome:
            break;
    }
    if (!start(*login, welcome)) return refuse_login(login->client_id, ErrorCode::too_many_clients);
    return {};
}

SessionIn::Ending SessionIn::refuse_login(std::string_view client_id, ErrorCode code) const {
    note_refused_login(*segment_, client_id, code, heritage_->socket.get());
    return {EndReason::failed, error_line(code)};
}

/// For people.
void SessionIn::show_login(const wire::Login& login, const shm::Session::Welcome& welcome) {
    const std::string who = "client " + std::string{login.client_id};
    set_process_title(who);
    const bool takes_over = welcome.predecessor.has_value();
    log_event(LogLevel::info, who + " logged in from " + peer_of(heritage_->socket.get()) +
                                  ", process " + std::to_string(::getpid()) +
                                  (takes_over ? ", and takes over" : ""));
}

/// @return false: no thread could be started
bool SessionIn::start(const wire::Login& login, const shm::Session::Welcome& welcome) {
    if (welcome.predecessor) predecessor_.emplace(*segment_, *welcome.predecessor);
    shm::announce_presence(*segment_);
    shm::count_login(session_.client());
    shm::count_input(session_.client(), early_bytes_);
    output_.count_for(session_.client());
    show_login(login, welcome);
    subscription_ = {welcome.cursor, welcome.last,
                     segment_->log().last_id.load(std::memory_order_acquire), login.manual_ack,
                     login.presence};
    output_.set_timeout(std::chrono::milliseconds{0});
    parser_ = wire::CommandParser{segment_->geometry().max_payload};
    // Before WELCOME: of who comes behind it the client is told. The threads own the object: it may
    // outlive this one by the time to the process's end.
    const auto out = std::make_shared<SessionOut>(*segment_, session_, subscription_, output_,
                                                  delivery_, heritage_->data_dir);
    // Behind WELCOME, so that the thread takes the stack of the one that wrote it.
    if (!welcome_client(login, welcome)) {
        shm::count_end(*segment_, session_.client(), EndReason::failed);
        session_.leave();
        return false;
    }
    // To the client, which has been welcomed, one more connection that broke.
    if (!start_output(out)) end({EndReason::failed, {}});
    writer_.emplace(*segment_, session_, shm::RecordFormat{&wire::print_message_head, "\r\n"});
    release_stack();
    return true;
}

/// WELCOME, and LIVE where nothing was missed. The kernel keeps 32 KiB for each thread that has
/// sent something (sk_page_frag), until it ends: so this is sent by one that does. A client that
/// only listens, and is told nothing, is spared it.
/// @return false: no thread could be started
bool SessionIn::welcome_client(const wire::Login& login, const shm::Session::Welcome& welcome) {
    std::string lines;
    wire::print(lines, wire::Welcome{login.client_id, segment_->epoch(), welcome.cursor,
                                     welcome.last, welcome.seq, segment_->geometry().max_payload,
                                     "belfry/" + std::string{wire::version}, welcome.accepted});
    if (subscription_.nothing_missed()) {
        wire::print(lines, wire::Live{welcome.cursor});
        delivery_.set_live();
    }
    try {
        std::thread{[&] {
            if (!output_.write(lines, stop_)) end({EndReason::lost, {}});
        }}.join();
    } catch (const std::system_error&) {
        return false;
    }
    return true;
}

// --- Reading ----------------------------------------------------------------------------------

void SessionIn::serve() {
    process_input();  // what came in one piece with the login
    while (!ending_) {
        wait_for_output();
        if (!ending_) wait(true, Clock::time_point::max());
        if (!ending_) process_input();
    }
}

void SessionIn::process_input() {
    while (!ending_) {
        const auto step = parser_.next(input_.unread());
        input_.consume(step.consumed);
        if (step.command) {
            handle(*step.command);
        } else if (step.consumed == 0) {
            break;
        }
    }
    append_pending();
    flush_answers();
}

void SessionIn::handle(const wire::Command& command) {
    // Answers keep the order of their commands, so what is pending is decided first.
    const bool appends =
        std::holds_alternative<wire::Send>(command) || std::holds_alternative<wire::Say>(command);
    if (!appends) append_pending();
    if (!ending_) std::visit([this](const auto& known) { answer(known); }, command);
    if (answers_.size() >= max_answers) flush_answers();
}

void SessionIn::answer(const wire::Send& send) {
    if (is_refused(send.seq)) return refuse(send.seq);
    pending_.push_back({send.seq, send.payload});
    if (refused_seq_ == send.seq) append_pending();  // whether later ones are refused hangs on it
}

void SessionIn::answer(const wire::Say& say) {
    if (is_refused(max_seq)) return refuse(0);
    pending_.push_back({0, say.text});
}

/// While the store fails nothing new is accepted, and behind a seq that was refused no later one
/// before it: a message that is sent again must not be taken for a duplicate.
bool SessionIn::is_refused(std::uint64_t seq) const noexcept {
    if (refused_seq_ && seq > *refused_seq_) return true;
    return segment_->has_store() && segment_->store_state() == shm::StoreState::fails &&
           seq > session_.client().last_seq.load(std::memory_order_relaxed);
}

void SessionIn::refuse(std::uint64_t seq) {
    append_pending();  // answers keep their order
    tell_refused(seq);
}

/// The lowest one counts; a SAY has none.
void SessionIn::tell_refused(std::uint64_t seq) {
    if (seq != 0 && (!refused_seq_ || seq < *refused_seq_)) refused_seq_ = seq;
    wire::print_error(answers_, ErrorCode::store_failed, seq);
}

void SessionIn::answer(const wire::Login& /*login*/) {
    wire::print_error(answers_, ErrorCode::already_logged_in);
}

void SessionIn::answer(const wire::Ack& ack) {
    if (subscription_.manual_ack && !session_.acknowledge(ack.id)) end(end_by_take_over());
}

void SessionIn::answer(const wire::History& asked) {
    HistoryAnswer history{*segment_, heritage_->data_dir, asked};
    while (!ending_) {
        const auto step = history.print_next(answers_);
        if (step == HistoryAnswer::Step::end) return;
        flush_answers();
        const bool later = step == HistoryAnswer::Step::later;
        wait(false, later ? Clock::now() + store_timeout : Clock::now());  // also for SIGTERM
    }
}

void SessionIn::answer(const wire::Who& /*who*/) {
    for (std::uint32_t row = 0; row < segment_->geometry().client_rows; ++row) {
        if (!shm::is_known(*segment_, row)) continue;
        wire::print(answers_, wire::User{shm::name_of(*segment_, row),
                                         shm::online_slot(*segment_, row).has_value(),
                                         shm::cursor_of(*segment_, row)});
    }
    wire::print_end_of_users(answers_);
}

void SessionIn::answer(const wire::Ping& ping) {
    wire::print(answers_, wire::Pong{ping.token});
}

void SessionIn::answer(const wire::Quit& /*quit*/) {
    end({EndReason::quit, bye("quit"), true});
}

void SessionIn::answer(const wire::Malformed& malformed) {
    if (malformed.close)
        return end({EndReason::protocol, error_line(malformed.code, malformed.seq), true});
    const auto code = malformed.is_login ? ErrorCode::already_logged_in : malformed.code;
    wire::print_error(answers_, code, malformed.seq);
}

/// Everything that came complete in one read goes in under one lock, with one commit.
void SessionIn::append_pending() {
    outcomes_.resize(pending_.size());
    std::size_t done = 0;
    while (done < pending_.size() && !ending_) {
        flush_answers();  // what is answered already comes before the SENT of what is appended now
        wait_for_output();
        if (ending_) break;
        announce_own();
        const auto result =
            writer_->append(std::span{pending_}.subspan(done), std::span{outcomes_}.subspan(done));
        if (result.fenced) return end(end_by_take_over());
        if (result.last_id != 0) last_appended_ = result.last_id;
        if (result.last_id == shm::max_id) report_if_full(*segment_);
        delivery_.set_last_own(last_appended_);
        const auto decided = std::span{outcomes_}.subspan(done, result.decided);
        if (std::ranges::count(decided, shm::Outcome::duplicate) != 0) {
            wait_until_visible(result.end_id);  // DUP is as good as SENT
        }
        answer_outcomes(done, result.decided);
        done += result.decided;
        if (result.decided != 0 || !result.no_space) continue;
        if (segment_->store_state() == shm::StoreState::fails) {
            for (; done < pending_.size(); ++done) tell_refused(pending_[done].seq);
        } else {
            wait_for_space();
        }
    }
    pending_.clear();
}

/// The output thread may be asleep among those who only listen, and they are woken in their turn.
void SessionIn::announce_own() {
    delivery_.set_sending();
    if (delivery_.is_in_crowd()) {
        segment_->log().new_messages.notify_group(shm::wake_for_slot(heritage_->slot.slot));
    }
}

/// What was appended is answered by the output thread when it comes to its record.
void SessionIn::answer_outcomes(std::size_t first, std::size_t count) {
    for (std::size_t at = first; at < first + count; ++at) {
        const std::uint64_t seq = pending_[at].seq;
        switch (outcomes_[at]) {
            case shm::Outcome::log_full:
                tell_refused(seq);
                continue;
            case shm::Outcome::duplicate:
                wire::print(answers_, wire::Dup{seq});
                break;
            case shm::Outcome::bad_seq:
                wire::print_error(answers_, ErrorCode::bad_seq, seq);
                break;
            case shm::Outcome::appended:
                break;
        }
        if (refused_seq_ && seq == *refused_seq_) refused_seq_.reset();
    }
}

void SessionIn::flush_answers() {
    if (answers_.empty()) return;
    if (!output_.write(answers_, stop_)) {
        end(stop_.came() ? reason_to_stop() : Ending{EndReason::lost, {}});
    }
    answers_.clear();
}

// --- Waiting ----------------------------------------------------------------------------------

/// Waits for input, and reads it; for a change of the output thread's progress; for SIGTERM. Takes
/// care of the session that was taken over meanwhile. May return early for no reason.
void SessionIn::wait(bool for_input, Clock::time_point deadline) {
    if (predecessor_) deadline = std::min(deadline, predecessor_->deadline());
    std::array<pollfd, 4> watched{pollfd{for_input ? heritage_->socket.get() : -1, POLLIN, 0},
                                  pollfd{stop_.fd(), POLLIN, 0}, pollfd{delivery_.fd(), POLLIN, 0},
                                  pollfd{predecessor_ ? predecessor_->fd() : -1, POLLIN, 0}};
    if (::poll(watched.data(), watched.size(), milliseconds_until(deadline)) == -1) return;

    if (watched[1].revents != 0) return end(reason_to_stop());
    if (watched[2].revents != 0) delivery_.drain();
    if (delivery_.ended()) return end(end_of_output());
    if (predecessor_ && predecessor_->settle()) predecessor_.reset();
    if (watched[0].revents != 0) read_input();
}

void SessionIn::read_input() {
    if (writer_) input_.reserve(input_bytes(segment_->geometry()));
    const std::span<char> room = input_.room();
    const ssize_t count = ::recv(heritage_->socket.get(), room.data(), room.size(), MSG_DONTWAIT);
    if (count > 0) {
        const auto bytes = static_cast<std::size_t>(count);
        if (writer_) {
            shm::count_input(session_.client(), bytes);
        } else {
            early_bytes_ += bytes;
        }
        return input_.filled(bytes);
    }
    if (count == 0) return end({EndReason::closed, bye("quit"), true});
    if (errno != EAGAIN && errno != EINTR) end({EndReason::lost, {}});
}

/// Half a ring: a client that floods and does not read is held back here, by TCP.
bool SessionIn::output_is_behind() const noexcept {
    const std::uint64_t next = delivery_.position() + 1;
    const shm::LogHeader& log = segment_->log();
    const std::uint64_t visible = segment_->visible();
    if (visible < next) return false;  // it may have gone back: see Archiver::start()
    const std::uint64_t end = segment_->position(visible + 1).load();
    const std::uint64_t at = segment_->position(next).load();
    if (log.first_id.load(std::memory_order_acquire) > next) return true;
    return end - at > segment_->geometry().ring_bytes / 2 ||
           visible + 1 - next > segment_->geometry().index_entries / 2;
}

void SessionIn::wait_for_output() {
    while (!ending_ && output_is_behind()) {
        delivery_.watch();
        if (output_is_behind()) wait(false, Clock::time_point::max());
    }
}

/// Until the archiver has stored up to there.
void SessionIn::wait_until_visible(std::uint64_t id) {
    while (!ending_ && segment_->visible() < id) {
        segment_->log().news_of_senders.wait_until(
            Clock::now() + stop_look, [this, id] { return segment_->visible() >= id; });
        wait(false, Clock::now());  // whether the session is to end
    }
}

/// Until the archiver has stored something.
void SessionIn::wait_for_space() {
    writer_->wait_for_space(Clock::now() + stop_look);
    wait(false, Clock::now());
}

/// Until everything before has been answered: SENT for each own message, LIVE for the login.
/// SIGTERM cuts it short.
void SessionIn::settle() {
    const auto settled = [this] {
        return delivery_.ended() || (delivery_.is_live() && delivery_.position() >= last_appended_);
    };
    while (!settled()) {
        if (stop_.came()) {
            ending_ = reason_to_stop();
            return;
        }
        delivery_.watch();
        if (!settled()) wait(false, Clock::time_point::max());
    }
}

// --- Ending -----------------------------------------------------------------------------------

/// The first reason counts.
void SessionIn::end(Ending ending) {
    if (!ending_) ending_ = std::move(ending);
}

SessionIn::Ending SessionIn::reason_to_stop() const {
    const bool stops = segment_->stop_word() != shm::StopWord::running;
    if (!writer_ && !stops) return {EndReason::failed, error_line(ErrorCode::too_many_clients)};
    if (!stops && !session_.is_current()) return end_by_take_over();
    const bool removed = !stops && !shm::is_known(*segment_, session_.row());
    return {removed ? EndReason::removed : EndReason::shutting_down, bye("shutting-down")};
}

SessionIn::Ending SessionIn::end_by_take_over() {
    return {EndReason::taken_over, bye("taken-over")};
}

/// The output thread has ended by itself.
SessionIn::Ending SessionIn::end_of_output() const {
    if (session_.is_current()) return {EndReason::lost, {}};
    return end_by_take_over();
}

/// For people.
void SessionIn::show_end() noexcept {
    if (!writer_) {
        return log_event(LogLevel::debug, "a connection ended without a login");
    }
    shm::count_end(*segment_, session_.client(), ending_->reason);
    session_.leave();
    log_event(LogLevel::info, "client " + std::string{shm::name_of(*segment_, session_.row())} +
                                  " logged out: " + std::string{shm::name_of(ending_->reason)});
}

void SessionIn::finish() {
    if (ending_->settle && writer_) settle();
    show_end();
    output_.finish(ending_->last_line, shm::last_line_timeout);
    // A silent connection that has to make room makes it at once.
    const bool make_room = !writer_ && stop_.came();
    discard_input(heritage_->socket.get(), make_room ? shm::last_line_timeout : shm::close_timeout);
    if (predecessor_) predecessor_->wait();
}

// What is thrown besides is a broken invariant, and aborts the child.
// NOLINTNEXTLINE(bugprone-exception-escape)
void run_session(Heritage& heritage) noexcept {
    static_cast<void>(::signal(SIGINT, SIG_IGN));
    static_cast<void>(::signal(SIGHUP, SIG_IGN));
    make_thread_stacks_small();
    try {
        SessionIn session{heritage};
        session.run();
        // All threads end here, wherever they are, and before anything they use is destroyed.
        ::_exit(EXIT_SUCCESS);
    } catch (const std::system_error&) {
        FrameWriter{heritage.socket.get()}.finish(error_line(ErrorCode::too_many_clients),
                                                  shm::last_line_timeout);
        discard_input(heritage.socket.get(), shm::close_timeout);
        ::_exit(EXIT_FAILURE);
    }
}

}  // namespace belfry::server
