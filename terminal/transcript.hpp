#pragma once

#include "belfry/client.hpp"
#include "terminal/colour.hpp"

#include <cstddef>
#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

namespace belfry::terminal {

/// Formats a local time: `17:03`
[[nodiscard]] std::string clock_time(std::time_t time);

/// Formats a local date: `Friday 24 November 2023`
[[nodiscard]] std::string date(std::time_t time);

/// Formats a time as short as possible: `17:03` today, `Friday 17:03` in the last six days, else
/// date and time.
[[nodiscard]] std::string when(std::time_t time, std::time_t now);

/// A part of a text.
struct Part {
    std::size_t begin;
    std::size_t size;
};

/// Finds where a text mentions a client-id: as a whole word, in upper or lower case, with or
/// without an @ before it. An id of digits alone needs the @, because most numbers are not names.
[[nodiscard]] std::vector<Part> mentions(std::string_view text, std::string_view id);

/// A message as the transcript shows it.
struct Said {
    std::string_view sender;
    std::time_t time;
    std::string_view text;  ///< any bytes
};

/// Converts a message. The views point to the bytes of the message.
[[nodiscard]] Said said(const Message& message);

/// Returns `1 message`, `42 messages`, and so on.
[[nodiscard]] std::string counted_messages(std::uint64_t count);

/// Formats a conversation for a person: `17:03 ann: hello`, with a line between days. All functions
/// return whole lines whose only control sequences are their colours.
class Transcript {
  public:
    enum class Look {
        fresh,
        old,    ///< dimmed
        again,  ///< from the history; with the date if it is not of today
    };

    Transcript(std::string own_id, Painter painter);

    /// Formats a message. If its date differs from the last one, a line with the date comes first.
    [[nodiscard]] std::string message(const Said& said, Look look);

    /// Formats a note: `-- text --`
    [[nodiscard]] std::string note(std::string_view text) const;

    /// Formats the headline of a backlog: `-- 42 messages since Friday 17:03 --`
    [[nodiscard]] std::string headline(std::string_view count, std::time_t first) const;

    /// Tells whether a message mentions this client.
    [[nodiscard]] bool mentions_me(const Said& said) const;

  private:
    [[nodiscard]] std::string line(const Said& said, const std::string& time, bool dimmed);
    [[nodiscard]] std::string painted(std::string_view text, bool dimmed) const;
    [[nodiscard]] std::string date_line(std::time_t time);

    std::string own_id_;
    Painter painter_;
    std::string date_;  // the date of the last message; before the first one, today
};

/// Formats an unanswered line as one row without control characters: `... text`
[[nodiscard]] std::string pending_row(std::string_view text);

}  // namespace belfry::terminal
