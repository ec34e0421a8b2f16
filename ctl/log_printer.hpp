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

/// How far one has come who reads on and on.
struct LogPosition {
    std::uint64_t next;    ///< the id that comes next
    std::uint64_t missed;  ///< messages that had left the ring before they could be read
};

/// The oldest message in the ring.
[[nodiscard]] LogPosition start_of(const shm::Segment& segment) noexcept;

/// Takes whole lines, many at once. @return false: no more of them
using TakeLines = std::function<bool(std::string_view lines)>;

/// Prints what has come since. @return false: the log cannot be read any further
[[nodiscard]] bool print_news(const TakeLines& take, const shm::Segment& segment, LineForm form,
                              LogPosition& position);

/// Whether the bytes are a whole MSG frame of that id by that sender.
[[nodiscard]] bool is_record(std::string_view record, std::uint64_t id, std::string_view sender);

}  // namespace belfry::ctl
