#pragma once

#include "shm/log_writer.hpp"
#include "wire/frame_parser.hpp"
#include "wire/print.hpp"

#include <cstdint>
#include <string_view>
#include <variant>

/// Records as the server writes them: MSG frames.
namespace belfry::test {

[[nodiscard]] inline shm::RecordFormat message_format() noexcept {
    return {&wire::print_message_head, "\r\n"};
}

/// A shm::RecordCheck.
[[nodiscard]] inline bool is_message_record(std::string_view record, std::uint64_t id,
                                            std::string_view sender) {
    const auto step = wire::next_frame(record);
    if (!step.frame || step.consumed != record.size()) return false;
    const auto* message = std::get_if<wire::Message>(&*step.frame);
    return message != nullptr && message->id == id && message->sender == sender;
}

}  // namespace belfry::test
