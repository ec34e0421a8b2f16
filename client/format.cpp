#include "client/format.hpp"

#include "wire/utf8.hpp"

namespace belfry::client {

std::string indented_rows(std::string_view text) {
    std::string rows;
    for (const char c : wire::safely(text)) {
        if (c == '\n') {
            rows += "\n      | ";
        } else {
            rows += c;
        }
    }
    return rows;
}

void append_text(std::string& out, const wire::Message& message, bool for_terminal,
                 Painter& painter) {
    out += painter.sender(message.sender);
    out += ": ";
    if (for_terminal) {
        out += indented_rows(message.payload);
    } else {
        out += message.payload;
    }
    out += '\n';
}

}  // namespace belfry::client
