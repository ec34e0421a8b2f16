#include "client/format.hpp"

#include "wire/utf8.hpp"

namespace belfry::client {

void append_text(std::string& out, const wire::Message& message, bool for_terminal,
                 Painter& painter) {
    out += painter.sender(message.sender);
    out += ": ";
    if (for_terminal) {
        wire::append_safely(out, message.payload);
    } else {
        out += message.payload;
    }
    out += '\n';
}

}  // namespace belfry::client
