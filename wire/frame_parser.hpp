#pragma once

#include "wire/frame.hpp"

#include <cstddef>
#include <optional>
#include <string_view>

namespace belfry::wire {

/// The result of next_frame().
struct FrameStep {
    std::size_t consumed = 0;    ///< bytes to drop after the frame was used
    std::optional<Frame> frame;  ///< empty: more bytes are needed
};

/// Parses the next frame of a server at the front of `unread`, the bytes that are not consumed yet.
/// It keeps no state, so the frames do not depend on how the stream was split into reads. It
/// allocates nothing. A buffer of max_frame_line + max_discard + 2 bytes always has room for a
/// whole frame. With a Garbled all bytes are consumed, and the caller closes the connection.
[[nodiscard]] FrameStep next_frame(std::string_view unread) noexcept;

}  // namespace belfry::wire
