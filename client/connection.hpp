#pragma once

#include "base/clock.hpp"
#include "client/backoff.hpp"
#include "client/conversation.hpp"
#include "client/dialer.hpp"
#include "client/socket.hpp"

#include <poll.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace belfry::client {

/// A client's connection to its server, over all the sockets that it takes: dials, logs in, talks,
/// and dials again after a loss. What is sent arrives exactly once, and the observer is told each
/// message exactly once.
///
/// In each turn of its loop the program polls wanted() until wake_at(), calls go_on(), and at the
/// turn's end flush(). The first turn begins to dial. Only the resolving of a name can wait. One
/// thread.
class Connection {
  public:
    /// Why the connection has ended for good.
    enum class End : unsigned char {
        left,         ///< leave() was called
        unreachable,  ///< the first attempt to connect has failed
        refused,      ///< the server has refused the login
        taken_over,   ///< a later login of the same client-id has taken over
        garbled,      ///< the server does not speak the protocol
    };

    /// @param observer lives longer
    Connection(std::string host, std::string port, ConversationOptions options, Observer& observer);

    // --- the loop ---

    /// The descriptor to poll, with its events; -1 if there is none.
    /// @param takes_messages false: leaves what comes to the kernel, and so holds the server back
    [[nodiscard]] pollfd wanted(bool takes_messages) const noexcept;

    /// By when go_on() must run even if nothing is ready.
    [[nodiscard]] base::Deadline wake_at() const noexcept;

    /// Does what is due: dials, logs in, reads and tells the observer, tries again.
    /// @param is_ready whether poll() has reported an event
    void go_on(bool is_ready);

    /// Sends as much as the server takes now.
    void flush();

    // --- what the program does ---

    /// Queues a message, which is sent as soon as possible.
    /// @param line its number, by which the observer learns that it was refused
    void send(std::uint64_t line, std::string_view text) { conversation_.unsent().add(line, text); }

    /// Refuses a message that is too long even to be queued.
    void refuse(std::uint64_t line, std::string_view text, std::string_view why) {
        conversation_.refuse_line(line, text, why);
    }

    /// Sends commands whose answers the observer is told. Requires is_online().
    void ask(std::string_view commands) { socket_->out() += commands; }

    /// Acknowledges every message that the observer was told. The program has stored or shown them.
    void acknowledge();

    /// Says QUIT and waits for the answer until the given time. Ends at once while not online.
    void leave(base::TimePoint until);

    // --- its state ---

    /// Whether a login has been accepted and the connection has not been lost since.
    [[nodiscard]] bool is_online() const noexcept { return phase_ == Phase::online; }
    [[nodiscard]] bool is_leaving() const noexcept { return phase_ == Phase::leaving; }
    [[nodiscard]] bool has_ended() const noexcept { return phase_ == Phase::ended; }

    /// Why it has ended, once has_ended().
    [[nodiscard]] End end() const noexcept { return end_; }

    /// What the server or the system said of an end that is `unreachable` or `refused`.
    [[nodiscard]] const std::string& reason() const noexcept { return reason_; }

    [[nodiscard]] const Conversation& conversation() const noexcept { return conversation_; }

  private:
    enum class Phase : unsigned char {
        waiting,     ///< for the next attempt to connect
        dialing,     ///< for a socket
        logging_in,  ///< for WELCOME
        online,
        leaving,  ///< for the answer to QUIT
        ended,
    };

    void end_phase(base::TimePoint now);
    void follow(Dialer::Result result);
    void log_in(base::UniqueFd socket);
    void read_frames();
    void act(Conversation::Event event);
    void welcome();
    void lost(std::string_view why);
    void try_postponed_again(base::TimePoint now);
    void end(End end, std::string_view reason = {});
    void enter(Phase phase, base::Deadline until);

    Observer& observer_;
    Conversation conversation_;
    Dialer dialer_;
    Backoff redial_;
    Backoff resend_;
    std::optional<Socket> socket_;
    Phase phase_ = Phase::waiting;
    base::Deadline phase_until_ = base::Clock::now();
    base::Deadline resend_at_;  ///< of messages that the store did not take
    bool was_lost_ = false;
    End end_ = End::left;
    std::string reason_;
};

}  // namespace belfry::client
