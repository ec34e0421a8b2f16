#pragma once

#include "ctl/message_line.hpp"
#include "shm/segment.hpp"

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <string_view>

namespace belfry::ctl {

/// Prints the messages that are in the ring.
void print_log(std::ostream& out, const shm::Segment& segment, LineForm form);

/// The read position of a follower.
struct LogPosition {
    std::uint64_t next;    ///< the id to read next
    std::uint64_t missed;  ///< messages that had left the ring before they could be read
};

/// Returns the position of the oldest message in the ring.
[[nodiscard]] LogPosition start_of(const shm::Segment& segment) noexcept;

/// A callback that takes one or more whole lines. @return false to stop
using TakeLines = std::function<bool(std::string_view lines)>;

/// Passes the messages from the position on to `take`, and advances the position.
/// @return false if the log is damaged
[[nodiscard]] bool print_news(const TakeLines& take, const shm::Segment& segment, LineForm form,
                              LogPosition& position);

}  // namespace belfry::ctl
