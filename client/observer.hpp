#pragma once

#include "base/clock.hpp"
#include "wire/frame.hpp"

#include <cstdint>
#include <string_view>

namespace belfry::client {

/// Is told of a conversation with the server, event by event. The views of a frame are valid during
/// the call.
class Observer {
  public:
    Observer() = default;
    Observer(const Observer&) = delete;
    Observer& operator=(const Observer&) = delete;
    virtual ~Observer() = default;

    /// Whether it wants to be told when other clients come and go.
    [[nodiscard]] virtual bool wants_presence() const { return false; }

    /// Something that the user must know, in one clear line.
    virtual void notice(std::string_view text) = 0;

    virtual void welcome(const wire::Welcome&) {}

    /// The connection is lost, or an attempt to make a new one has failed.
    virtual void lost(base::TimePoint /*next_attempt*/) {}

    /// A new message by another client.
    virtual void message(const wire::Message&) = 0;

    /// The backlog has come to its end.
    virtual void live() {}

    /// A line of this client has been accepted.
    /// @param id of the message; 0: unknown, because it had been accepted before
    virtual void accepted(std::string_view text, std::uint64_t id) = 0;

    /// A line of this client has been refused for good.
    /// @param line its number in the input
    virtual void refused(std::uint64_t line, std::string_view text, std::string_view why) = 0;

    virtual void presence(const wire::Presence&) {}

    // The answers to WHO and HISTORY.
    virtual void user(const wire::User&) {}
    virtual void past(const wire::Message&) {}
    virtual void end(const wire::End&) {}
};

}  // namespace belfry::client
