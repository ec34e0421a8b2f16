#include "cli/json.hpp"

#include "base/base64.hpp"
#include "base/utf8.hpp"

#include <nlohmann/json.hpp>

namespace belfry::cli {
namespace {

std::string quoted(const std::string& text, bool ascii) {
    return nlohmann::json(text).dump(-1, ' ', ascii, nlohmann::json::error_handler_t::replace);
}

}  // namespace

void append_json(std::string& out, const PrintedMessage& message, bool ascii) {
    const bool text = base::is_utf8(message.payload);
    const std::string value =
        text ? std::string{message.payload} : base::to_base64(message.payload);
    out.append(R"({"id":)").append(std::to_string(message.id));
    // A client-id needs no escapes, but a store that another program has written may hold anything.
    out.append(R"(,"from":)").append(quoted(std::string{message.sender}, ascii));
    out.append(R"(,"time":)").append(std::to_string(message.time_ms));
    if (message.seq != 0) out.append(R"(,"seq":)").append(std::to_string(message.seq));
    out.append(text ? R"(,"text":)" : R"(,"data":)").append(quoted(value, ascii));
    out.append("}\n");
}

}  // namespace belfry::cli
