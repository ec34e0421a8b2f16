#pragma once

#include "wire/frame.hpp"

#include <cstdint>
#include <string_view>

namespace belfry::client {

/// Is told of a conversation, in its order. The views of a frame are valid during the call.
class Observer {
  public:
    Observer() = default;
    Observer(const Observer&) = delete;
    Observer& operator=(const Observer&) = delete;
    virtual ~Observer() = default;

    /// Whether it wants to know who comes and goes.
    [[nodiscard]] virtual bool wants_presence() const { return false; }

    /// What the user must know, in one clear line.
    virtual void notice(std::string_view text) = 0;

    virtual void welcome(const wire::Welcome&) {}

    /// A new message by somebody else.
    virtual void message(const wire::Message&) = 0;

    /// The backlog ends here.
    virtual void live() {}

    /// A line of our own has been accepted.
    /// @param id 0: not known, it had been accepted before
    virtual void accepted(std::string_view text, std::uint64_t id) = 0;

    /// A line of our own is not accepted and never will be.
    /// @param line its number in the input
    virtual void refused(std::uint64_t line, std::string_view text, std::string_view why) = 0;

    virtual void presence(const wire::Presence&) {}

    /// What answers WHO and HISTORY.
    virtual void user(const wire::User&) {}
    virtual void past(const wire::Message&) {}
    virtual void end(const wire::End&) {}
};

}  // namespace belfry::client
