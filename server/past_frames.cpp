#include "server/past_frames.hpp"

#include "wire/frame_parser.hpp"
#include "wire/print.hpp"

#include <variant>

namespace belfry::server {

void print_past(std::string& out, std::string_view records) {
    while (!records.empty()) {
        const wire::FrameStep step = wire::next_frame(records);
        wire::Message message = std::get<wire::Message>(step.frame.value());
        message.past = true;
        wire::print(out, message);
        records.remove_prefix(step.consumed);
    }
}

}  // namespace belfry::server
