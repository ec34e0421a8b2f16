#pragma once

#include "base/clock.hpp"
#include "belfry/client.hpp"

#include <cstdint>
#include <string_view>

namespace belfry::terminal {

/// Shows the conversation with the server. The event loop calls it.
class View {
  public:
    View() = default;
    View(const View&) = delete;
    View& operator=(const View&) = delete;
    virtual ~View() = default;

    /// Shows a text of one line that the user must see.
    virtual void notice(std::string_view text) = 0;

    /// A login has been accepted.
    virtual void welcome(const Welcome& welcome) = 0;

    /// The connection was lost, or an attempt to reconnect failed.
    virtual void lost(base::TimePoint /*next_attempt*/) {}

    virtual void message(const Message& message) = 0;

    /// The backlog has ended.
    virtual void live() {}

    /// A line of the user is about to be sent.
    /// @param line its number
    virtual void sending(std::uint64_t /*line*/, std::string_view /*text*/) {}
    virtual void accepted(std::uint64_t line, const Receipt& receipt) = 0;
    virtual void refused(std::uint64_t line, const Error& why) = 0;

    virtual void presence(const Presence&) {}
};

}  // namespace belfry::terminal
