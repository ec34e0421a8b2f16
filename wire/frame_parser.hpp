#pragma once

#include "wire/frame.hpp"

#include <cstddef>
#include <optional>
#include <string_view>

namespace belfry::wire {

struct FrameStep {
    std::size_t consumed = 0;    ///< bytes at the front of the input that are done with
    std::optional<Frame> frame;  ///< none: more bytes are needed
};

/// Looks for the next frame of the server at the front of the unconsumed bytes. Stateless: any
/// split of the stream gives the same frames. Behind a Garbled everything is consumed; the caller
/// gives the connection up. A caller whose buffer holds max_frame_line + max_discard + 2 bytes
/// never runs full without a frame. Allocates nothing.
[[nodiscard]] FrameStep next_frame(std::string_view unread) noexcept;

}  // namespace belfry::wire
