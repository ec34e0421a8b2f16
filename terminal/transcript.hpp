#pragma once

#include "terminal/colour.hpp"
#include "wire/frame.hpp"

#include <cstddef>
#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

namespace belfry::terminal {

/// `17:03`
[[nodiscard]] std::string clock_time(std::time_t time);

/// `Friday 24 November 2026`
[[nodiscard]] std::string date(std::time_t time);

/// As little as is needed: `17:03` today, `Friday 17:03` within a week, else the date and the time.
[[nodiscard]] std::string when(std::time_t time, std::time_t now);

/// A part of a text.
struct Part {
    std::size_t begin;
    std::size_t size;
};

/// Where a text mentions a client-id: as a word of its own, large and small letters alike, with or
/// without an @ before it. An id of digits alone needs the @, since numbers are not names.
[[nodiscard]] std::vector<Part> mentions(std::string_view text, std::string_view id);

/// Something that somebody said.
struct Said {
    std::string_view sender;
    std::time_t time;
    std::string_view text;  ///< any bytes
};

[[nodiscard]] Said said(const wire::Message& message);

/// `1 message`, `42 messages`
[[nodiscard]] std::string counted_messages(std::uint64_t count);

/// How a conversation looks to a person: `17:03 ann: hello`, a line between days. All that it
/// returns is whole lines, which can do nothing to a terminal beside their colours.
class Transcript {
  public:
    enum class Look {
        fresh,
        old,    ///< dimmed
        again,  ///< told again: with its date where that is another day
    };

    Transcript(std::string own_id, Painter painter);

    /// A message, behind a line with the date where that is another one than before.
    [[nodiscard]] std::string message(const Said& said, Look look);

    /// `-- text --`
    [[nodiscard]] std::string note(std::string_view text) const;

    /// `-- 42 messages since Friday 17:03 --`
    [[nodiscard]] std::string headline(std::string_view count, std::time_t first) const;

    [[nodiscard]] bool mentions_me(const Said& said) const;

  private:
    [[nodiscard]] std::string line(const Said& said, const std::string& time, bool dimmed);
    [[nodiscard]] std::string painted(std::string_view text, bool dimmed) const;
    [[nodiscard]] std::string date_line(std::time_t time);

    std::string own_id_;
    Painter painter_;
    std::string date_;  // of the last message, or today
};

/// What has no answer yet, as one harmless row: `... text`.
[[nodiscard]] std::string pending_row(std::string_view text);

}  // namespace belfry::terminal
