#pragma once

#include "base/clock.hpp"
#include "client/backoff.hpp"
#include "client/conversation.hpp"
#include "client/destination.hpp"
#include "client/dialer.hpp"
#include "client/server_list.hpp"
#include "client/socket.hpp"
#include "client/tls_context.hpp"

#include <poll.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace belfry::client {

/// A client's connection to its server. It connects, logs in, exchanges messages, and reconnects
/// after a loss. Each message sent is accepted exactly once, and the observer is told each message
/// of others exactly once. In each turn of its event loop the program polls wanted() until
/// wake_at(), calls go_on(), and finally calls flush(). The first turn starts to connect. Only the
/// resolution of a host name can block. All calls come from one thread.
class Connection {
  public:
    /// Why the connection has ended for good.
    enum class End : unsigned char {
        left,          ///< the program called leave()
        unreachable,   ///< before the first login, no server could be reached or took the login
        refused,       ///< the server refused the login
        needs_secret,  ///< likewise; a login with a secret may succeed
        taken_over,    ///< a later login of the same client-id took over
        garbled,       ///< the server does not speak the protocol
        untrusted,     ///< the server's certificate does not fit
        no_tls,        ///< the server does not speak TLS
        wants_tls,     ///< the server seems to expect TLS
    };

    /// @param observer must outlive the connection
    /// @throws TlsFileError
    Connection(Destination destination, ConversationOptions options, Observer& observer);

    // --- the loop ---

    /// Returns the descriptor to poll and its events; -1 if there is none.
    /// @param takes_messages false: nothing is read, so the kernel's buffers fill and hold back the
    /// server
    [[nodiscard]] pollfd wanted(bool takes_messages) const noexcept;

    /// Returns when go_on() must run even if nothing is ready.
    [[nodiscard]] base::Deadline wake_at() const noexcept;

    /// Does what is due: connects, logs in, reads frames and tells the observer, retries.
    /// @param is_ready whether poll() reported an event for wanted()
    void go_on(bool is_ready);

    /// Sends as much as the kernel takes now.
    void flush();

    // --- what the program does ---

    /// Queues a message. It is sent as soon as possible.
    /// @param line a number that the observer gets with the answer
    /// @param seq that the message got in an earlier run; 0: none
    void send(std::uint64_t line, std::string_view text, std::uint64_t seq = 0) {
        conversation_.unsent().add(line, text, seq);
    }

    /// Sends commands. The observer is told the answers. Requires is_online().
    void ask(std::string_view commands) { socket_->out() += commands; }

    /// Connects at once if it waits or has ended.
    void connect();

    /// Sets the secret of later logins.
    void use(Secret secret) noexcept { conversation_.use(std::move(secret)); }

    /// Acknowledges messages that the observer was told. The program must have stored or shown
    /// them.
    /// @param up_to the highest id that may be acknowledged
    void acknowledge(std::uint64_t up_to = Inbox::all);

    /// Sends QUIT and waits for the answer until the given time. If the client is not online, the
    /// connection ends at once. The server may or may not have accepted the messages that are still
    /// unsent().
    void leave(base::TimePoint until);

    // --- its state ---

    /// Tells whether a login was accepted and the connection has not been lost since.
    [[nodiscard]] bool is_online() const noexcept { return phase_ == Phase::online; }
    /// Tells whether it waits until the next attempt to connect.
    [[nodiscard]] bool is_waiting() const noexcept { return phase_ == Phase::waiting; }
    [[nodiscard]] bool is_leaving() const noexcept { return phase_ == Phase::leaving; }
    [[nodiscard]] bool has_ended() const noexcept { return phase_ == Phase::ended; }

    /// Returns why the connection has ended. Requires has_ended().
    [[nodiscard]] End end() const noexcept { return end_; }

    /// Returns what the server or the system says about an end that is `unreachable`, `refused`,
    /// `needs_secret` or `untrusted`.
    [[nodiscard]] const std::string& reason() const noexcept { return reason_; }

    /// Returns the server that is in use, or was used last. Before the first login, after an end
    /// that is `unreachable`, it is the first one.
    [[nodiscard]] const ServerAddress& server() const noexcept { return servers_.current(); }
    [[nodiscard]] std::size_t server_index() const noexcept { return servers_.current_index(); }

    [[nodiscard]] const Conversation& conversation() const noexcept { return conversation_; }

  private:
    enum class Phase : unsigned char {
        waiting,        ///< waits until the next attempt to connect
        dialing,        ///< waits for a connected socket
        shaking_hands,  ///< waits for the end of the TLS handshake
        logging_in,     ///< waits for WELCOME
        online,
        leaving,  ///< waits for the answer to QUIT
        ended,
    };

    void end_phase(base::TimePoint now);
    [[nodiscard]] Dialer::Reach reach() const noexcept;
    void follow(Dialer::Result result);
    void begin_session(base::UniqueFd socket);
    void log_in();
    void receive();
    void read_frames();
    void act(Conversation::Event event);
    void welcome();
    void lost(const Loss& loss);
    void lost(std::string_view why);
    [[nodiscard]] std::string_view hint() const;
    void busy();
    [[nodiscard]] bool can_send_secret() const;
    [[nodiscard]] bool may_give_up() const noexcept;
    void try_postponed_again(base::TimePoint now);
    void try_another_store(base::TimePoint now);
    void end(End end, std::string_view reason = {});
    void enter(Phase phase, base::Deadline until);

    Observer& observer_;
    Conversation conversation_;
    std::optional<TlsContext> tls_;
    ServerList servers_;
    bool fail_fast_;
    Dialer dialer_;
    Backoff redial_;
    Backoff resend_;
    std::optional<Socket> socket_;
    Phase phase_ = Phase::waiting;
    base::Deadline phase_until_ = base::Clock::now();
    base::Deadline resend_at_;  ///< when messages that the store refused are sent again
    base::Deadline change_at_;  ///< when another server is tried because the store does not work
    bool was_lost_ = false;
    End end_ = End::left;
    std::string reason_;
};

}  // namespace belfry::client
