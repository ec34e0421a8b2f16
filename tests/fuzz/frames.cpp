#include "tests/fuzz/check.hpp"
#include "tests/unit/wire/describe.hpp"
#include "wire/limits.hpp"
#include "wire/print.hpp"

#include <type_traits>

namespace belfry::fuzz {
namespace {

using wire::testing::describe;
using wire::testing::FrameFeed;

using Frames = std::vector<std::string>;

Frames frames_in(const std::vector<std::string_view>& pieces) {
    FrameFeed feed;
    for (const auto piece : pieces) feed.feed(piece);
    return feed.frames();
}

void check_splits(std::string_view input) {
    const Frames whole = frames_in({input});
    for (const std::size_t longest : {1U, 7U, 300U}) {
        if (frames_in(in_pieces(input, longest)) != whole) {
            throw Broken{"a different split gives different frames"};
        }
    }
}

template <class Frame>
void check_print(const Frame& frame) {
    if constexpr (!std::is_same_v<Frame, wire::Unknown> && !std::is_same_v<Frame, wire::Garbled>) {
        std::string printed;
        wire::print(printed, frame);
        if (printed.find('\n') >= wire::max_frame_line) return;
        const auto step = wire::next_frame(printed);
        if (!step.frame || step.consumed != printed.size() ||
            describe(*step.frame) != describe(wire::Frame{frame})) {
            throw Broken{"the frame differs when printed and parsed again: " + printed};
        }
    }
}

void check_prints(std::string_view input) {
    while (true) {
        const auto step = wire::next_frame(input);
        if (step.consumed > input.size()) throw Broken{"more bytes are consumed than there are"};
        if (!step.frame) return;
        std::visit([](const auto& frame) { check_print(frame); }, *step.frame);
        input.remove_prefix(step.consumed);
    }
}

}  // namespace

void check_frames(std::string_view input) {
    check_splits(input);
    check_prints(input);
}

}  // namespace belfry::fuzz
