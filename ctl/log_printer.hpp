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

/// Takes many whole lines at once. @return false: it wants no more of them
using TakeLines = std::function<bool(std::string_view lines)>;

/// Prints the messages that have come since `position`, and moves it behind them.
/// @return false: the log cannot be read any further
[[nodiscard]] bool print_news(const TakeLines& take, const shm::Segment& segment, LineForm form,
                              LogPosition& position);

}  // namespace belfry::ctl
