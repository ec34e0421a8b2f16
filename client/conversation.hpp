#pragma once

#include "client/observer.hpp"
#include "client/unsent.hpp"
#include "wire/frame.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace belfry::client {

/// Which messages have been seen in this run, and which may be acknowledged.
class Inbox {
  public:
    /// @param count how many messages to take; none: all
    explicit Inbox(std::optional<std::uint64_t> count) noexcept : left_{count} {}

    /// Begins after an accepted login. @return true: the log is not that of the last login
    [[nodiscard]] bool begin_session(const wire::Welcome& welcome);

    /// Takes a message by another client. @return false: do not show it, because it has been shown
    /// before, or as many have been taken as were asked for
    [[nodiscard]] bool take(std::uint64_t id) noexcept;

    /// Passes the ids up to this one, which hold no message by another client (SENT, GAP).
    /// @return false: they had been passed before
    bool pass(std::uint64_t id) noexcept;

    /// Whether as many messages have been taken as were asked for.
    [[nodiscard]] bool is_full() const noexcept { return left_ == 0; }

    /// The id to acknowledge on this connection; none if it has been acknowledged. Everything that
    /// has been taken must have been stored or shown.
    [[nodiscard]] std::optional<std::uint64_t> take_ack() noexcept;

  private:
    std::optional<std::uint64_t> left_;
    std::string epoch_;
    std::uint64_t seen_ = 0;   // everything up to this id has been taken or passed
    std::uint64_t acked_ = 0;  // what the server knows of it
};

/// Which client talks, and how many messages it takes.
struct ConversationOptions {
    std::string client_id;
    std::optional<std::uint64_t> count = std::nullopt;  ///< messages to take; none: all
    bool acknowledges = true;
};

/// What the client says to the server and what the answers mean, over all connections of a run. It
/// knows neither sockets nor time. Its observer is told what there is to show.
class Conversation {
  public:
    /// What a frame means for the connection.
    enum class Event {
        none,
        welcome,     ///< the login has been accepted
        refused,     ///< the login has been refused, for good
        busy,        ///< the login has been refused, but may succeed later
        closing,     ///< the server closes the connection
        taken_over,  ///< it closes it because of a later login of this client-id
        garbled,     ///< what the server says is not the protocol
    };

    /// @param observer lives longer
    Conversation(ConversationOptions options, Observer& observer);

    /// Appends LOGIN to a new connection's bytes.
    void log_in(std::string& out);

    /// Takes a frame, and tells the observer.
    [[nodiscard]] Event take(const wire::Frame& frame);

    /// Appends an ACK of everything that has been taken. It must have been stored or shown.
    void acknowledge(std::string& out);

    /// Refuses a line that cannot even be put among the unsent lines.
    void refuse_line(std::uint64_t line, std::string_view text, std::string_view why);

    /// The reason of the last `closing`.
    [[nodiscard]] const std::string& reason() const noexcept { return reason_; }

    /// Whether a login has ever been accepted.
    [[nodiscard]] bool has_been_welcome() const noexcept { return has_been_welcome_; }

    /// Whether the backlog has come to its end on this connection.
    [[nodiscard]] bool is_live() const noexcept { return is_live_; }

    /// Whether every line that was answered has been accepted.
    [[nodiscard]] bool all_accepted() const noexcept { return all_accepted_; }

    /// False from a store-failed to the next SENT.
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

    // Frames that this library does not ask for, or does not know.
    template <typename Other>
    static void on(const Other&) {}

    Event on_refused_login(const wire::Error& frame);
    void on_refused_line(const wire::Error& frame);
    void on_accepted(std::uint64_t seq, std::uint64_t id);

    const ConversationOptions options_;
    Observer& observer_;
    Inbox inbox_;
    Unsent unsent_;
    std::string reason_;
    bool is_logged_in_ = false;
    bool has_been_welcome_ = false;
    bool is_live_ = false;
    bool all_accepted_ = true;
    bool store_works_ = true;
};

}  // namespace belfry::client
