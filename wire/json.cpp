#include "wire/json.hpp"

#include "wire/base64.hpp"
#include "wire/utf8.hpp"

#include <nlohmann/json.hpp>

namespace belfry::wire {

void append_json(std::string& out, const Message& message, bool ascii, std::uint64_t seq) {
    const bool text = is_utf8(message.payload);
    const nlohmann::json value(text ? std::string{message.payload} : to_base64(message.payload));
    out.append(R"({"id":)").append(std::to_string(message.id));
    // A client-id holds nothing that JSON would escape.
    out.append(R"(,"from":")").append(message.sender);
    out.append(R"(","time":)").append(std::to_string(message.time_ms));
    if (seq != 0) out.append(R"(,"seq":)").append(std::to_string(seq));
    out.append(text ? R"(,"text":)" : R"(,"data":)").append(value.dump(-1, ' ', ascii));
    out.append("}\n");
}

}  // namespace belfry::wire
