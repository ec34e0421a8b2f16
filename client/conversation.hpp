#pragma once

#include "belfry/client.hpp"
#include "client/observer.hpp"
#include "client/unsent.hpp"
#include "wire/frame.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace belfry::client {

/// Tracks which messages were seen in this run and which may be acknowledged.
class Inbox {
  public:
    /// @param count how many messages to take; empty: all
    explicit Inbox(std::optional<std::uint64_t> count) noexcept : left_{count} {}

    /// Begins a session after an accepted login. @return true: the server has another log than at
    /// the last login
    [[nodiscard]] bool begin_session(const wire::Welcome& welcome);

    /// Takes a message of another client. @return false: do not show it, because it was shown
    /// before or the limit of messages is reached
    [[nodiscard]] bool take(std::uint64_t id) noexcept;

    /// Passes the ids up to this one, after a SENT or a GAP. They hold no message that will be
    /// taken.
    /// @return false: they were passed before
    bool pass(std::uint64_t id) noexcept;

    /// Tells whether the limit of messages is reached.
    [[nodiscard]] bool is_full() const noexcept { return left_ == 0; }

    /// Returns the id to acknowledge on this connection; nothing if it was acknowledged already.
    /// Every message taken must have been stored or shown.
    /// @param up_to the highest id that may be acknowledged
    [[nodiscard]] std::optional<std::uint64_t> take_ack(std::uint64_t up_to = all) noexcept;

    /// Returns the highest id that was taken or passed in this epoch.
    [[nodiscard]] std::uint64_t seen() const noexcept { return seen_; }

    static constexpr std::uint64_t all = ~std::uint64_t{0};

  private:
    std::optional<std::uint64_t> left_;
    std::string epoch_;
    std::uint64_t seen_ = 0;   // the highest id that was taken or passed
    std::uint64_t acked_ = 0;  // the highest id that the server knows as acknowledged
};

/// The client's side of the login.
struct ConversationOptions {
    std::string client_id;
    std::optional<std::uint64_t> count = std::nullopt;  ///< how many messages to take; empty: all
    Secret secret = {};
};

/// Decides what to send to the server and what its frames mean, over all connections of a run. It
/// uses neither sockets nor clocks, and tells its observer what happens.
class Conversation {
  public:
    /// What a frame means for the connection.
    enum class Event {
        none,
        welcome,       ///< the server accepted the login
        refused,       ///< the server refused the login for good
        needs_secret,  ///< the server refused a login without a secret
        busy,     ///< the server refused the login, but a later one, or another server, may take it
        closing,  ///< the server closes the connection
        taken_over,  ///< the server closes it because of a later login of this client-id
        garbled,     ///< the bytes of the server are not the protocol
    };

    /// @param observer must outlive the conversation
    Conversation(ConversationOptions options, Observer& observer);

    /// Tells whether the login has a secret.
    [[nodiscard]] bool has_secret() const noexcept { return !options_.secret.is_empty(); }

    /// Sets the secret of later logins.
    void use(Secret secret) noexcept { options_.secret = std::move(secret); }

    /// Appends LOGIN to the output of a new connection.
    void log_in(std::string& out);

    /// Handles a frame and tells the observer.
    [[nodiscard]] Event take(const wire::Frame& frame);

    /// Appends an ACK for the messages that were taken, if the server does not know yet. They must
    /// have been stored or shown.
    /// @param up_to the highest id that may be acknowledged
    void acknowledge(std::string& out, std::uint64_t up_to = Inbox::all);

    /// Returns why the server last refused the login or closed the connection.
    [[nodiscard]] const std::string& reason() const noexcept { return reason_.text; }
    /// Returns the code of the ERR that refused the login; empty after a BYE.
    [[nodiscard]] const std::string& reason_code() const noexcept { return reason_.code; }

    /// Tells whether any login was accepted in this run.
    [[nodiscard]] bool has_been_welcome() const noexcept { return has_been_welcome_; }

    /// Tells whether the backlog has ended on this connection.
    [[nodiscard]] bool is_live() const noexcept { return is_live_; }

    /// Tells whether the server stores messages: false from a store-failed to the next SENT.
    [[nodiscard]] bool store_works() const noexcept { return store_works_; }

    [[nodiscard]] Unsent& unsent() noexcept { return unsent_; }
    [[nodiscard]] const Unsent& unsent() const noexcept { return unsent_; }
    [[nodiscard]] const Inbox& inbox() const noexcept { return inbox_; }

  private:
    Event on(const wire::Welcome& frame);
    void on(const wire::Message& frame);
    void on(const wire::Sent& frame);
    void on(const wire::Dup& frame);
    void on(const wire::Live& frame);
    void on(const wire::Gap& frame);
    void on(const wire::End& frame) { observer_.end(frame); }
    void on(const wire::User& frame) { observer_.user(frame); }
    void on(const wire::Presence& frame) { observer_.presence(frame); }
    Event on(const wire::Error& frame);
    Event on(const wire::Bye& frame);
    static Event on(const wire::Garbled&) { return Event::garbled; }

    // Ignores frames that this library does not request or does not know.
    template <typename Other>
    static void on(const Other&) {}

    Event on_refused_login(const wire::Error& frame);
    void on_refused_line(const wire::Error& frame);
    void on_accepted(std::uint64_t seq, std::uint64_t id);

    ConversationOptions options_;
    Observer& observer_;
    Inbox inbox_;
    Unsent unsent_;
    Error reason_;
    bool is_logged_in_ = false;
    bool has_been_welcome_ = false;
    bool is_live_ = false;
    bool store_works_ = true;
};

}  // namespace belfry::client
