#include "inspect/message_line.hpp"

#include "wire/utf8.hpp"

#include <algorithm>

namespace belfry::inspect {

void append_line(std::string& out, const wire::Message& message) {
    out.append(std::to_string(message.id)).append(" ");
    out.append(std::to_string(message.time_ms)).append(" ");
    out.append(message.sender).append(": ");
    const std::size_t text = out.size();
    wire::append_safely(out, message.payload);
    // One line each: tabs and newlines go too.
    const auto is_control = [](unsigned char c) { return c < 0x20; };
    std::replace_if(out.begin() + static_cast<std::ptrdiff_t>(text), out.end(), is_control, '?');
    out += '\n';
}

wire::Message as_message(const store::Message& row) noexcept {
    return {.past = false,
            .id = row.id,
            .sender = row.sender,
            .time_ms = row.time_ms,
            .payload = row.body};
}

}  // namespace belfry::inspect
