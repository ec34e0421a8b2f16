#pragma once

#include "base/clock.hpp"
#include "belfry/client.hpp"
#include "wire/frame.hpp"

#include <cstdint>
#include <string_view>

namespace belfry::client {

/// The interface through which a program follows the conversation with the server. The views in a
/// frame are valid during the call only.
class Observer {
  public:
    Observer() = default;
    Observer(const Observer&) = delete;
    Observer& operator=(const Observer&) = delete;
    virtual ~Observer() = default;

    /// Tells whether presence() is to be called when other clients come and go.
    [[nodiscard]] virtual bool wants_presence() const { return false; }

    /// Passes on a text of one line that the user must see.
    virtual void notice(std::string_view text) = 0;

    /// A login has been accepted.
    virtual void welcome(const wire::Welcome&) {}

    /// The connection was lost, or an attempt to connect failed.
    virtual void lost(base::TimePoint /*next_attempt*/, std::string_view /*why*/) {}

    /// A new message of another client has come.
    virtual void message(const wire::Message&) = 0;

    /// A message of this client has its place in the log.
    virtual void sent(const wire::Sent&) {}

    /// Messages that this client has not seen no longer exist.
    virtual void gap(const wire::Gap&) {}

    /// The backlog has ended.
    virtual void live(const wire::Live&) {}

    /// A line gets its seq before it is first sent.
    virtual void numbered(std::uint64_t /*line*/, std::uint64_t /*seq*/) {}

    /// The server accepted a line of this client.
    /// @param line the number that was given to Connection::send()
    virtual void accepted(std::uint64_t line, const Receipt& receipt) = 0;

    /// A line of this client was refused for good.
    virtual void refused(std::uint64_t line, const Error& why) = 0;

    /// Another client has come or gone.
    virtual void presence(const wire::Presence&) {}

    // The answers to WHO and HISTORY.
    virtual void user(const wire::User&) {}
    virtual void past(const wire::Message&) {}
    virtual void end(const wire::End&) {}
    virtual void question_refused(const Error&) {}
};

}  // namespace belfry::client
