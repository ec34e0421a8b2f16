#pragma once

#include "admission/token_bucket.hpp"
#include "server/appender.hpp"
#include "server/delivery.hpp"
#include "server/session_context.hpp"
#include "server/store_cursor.hpp"
#include "wire/command_parser.hpp"

#include <cstdint>
#include <string>

namespace belfry::server {

/// The session of a client that is logged in. It reads the client's commands, passes its messages
/// to the appender, and writes the answers that have no place in the order of the log (ERR, PONG,
/// DUP, USER, PAST). Only the input thread uses it.
class ClientSession {
  public:
    /// @param context outlives the object
    ClientSession(SessionContext& context, const Subscription& subscription);

    /// Serves the client until the loop ends.
    void serve();

    /// Waits until all earlier messages are answered, if the end requires that, and shows the
    /// client offline. It must be called once, after serve(). @return the last line for the client
    [[nodiscard]] std::string leave();

  private:
    void process_input();
    void handle(const wire::Command& command);
    [[nodiscard]] bool may_answer();
    void charge(std::uint64_t lines) noexcept;
    void answer(const wire::Send& send);
    void answer(const wire::Say& say);
    void answer(const wire::Login& login);
    void answer(const wire::Ack& ack);
    void answer(const wire::History& asked);
    void answer(const wire::Who& who);
    void answer(const wire::Ping& ping);
    void answer(const wire::Quit& quit);
    void answer(const wire::Malformed& malformed);

    [[nodiscard]] SessionEnd end();
    [[nodiscard]] bool wait_until_answered();
    void wait_for_logout(std::uint64_t entry);
    [[nodiscard]] SessionEnd end_by_signal() const;
    [[nodiscard]] SessionEnd end_when_fenced() const;

    SessionContext* context_;
    shm::Segment* segment_;
    SessionLoop* loop_;
    bool manual_ack_;
    StoreCursor store_;  ///< of HISTORY; the delivery has one of its own
    admission::TokenBucket questions_;
    wire::CommandParser parser_;
    Appender appender_;
};

}  // namespace belfry::server
