#include "client/format.hpp"

#include "cli/text.hpp"

#include <boost/archive/iterators/base64_from_binary.hpp>
#include <boost/archive/iterators/transform_width.hpp>
#include <nlohmann/json.hpp>

namespace belfry::client {
namespace {

std::string base64(std::string_view bytes) {
    using namespace boost::archive::iterators;
    using Digits = base64_from_binary<transform_width<const char*, 6, 8>>;
    std::string text{Digits{bytes.data()}, Digits{bytes.data() + bytes.size()}};
    text.append((3 - bytes.size() % 3) % 3, '=');
    return text;
}

}  // namespace

void append_text(std::string& out, const wire::Message& message, bool for_terminal) {
    out += message.sender;
    out += ": ";
    if (for_terminal) {
        cli::append_safely(out, message.payload);
    } else {
        out += message.payload;
    }
    out += '\n';
}

void append_json(std::string& out, const wire::Message& message, bool for_terminal) {
    const bool text = cli::is_utf8(message.payload);
    const nlohmann::json value(text ? std::string{message.payload} : base64(message.payload));
    out.append(R"({"id":)").append(std::to_string(message.id));
    // A client-id holds nothing that JSON would escape.
    out.append(R"(,"from":")").append(message.sender);
    out.append(R"(","time":)").append(std::to_string(message.time_ms));
    out.append(text ? R"(,"text":)" : R"(,"data":)").append(value.dump(-1, ' ', for_terminal));
    out.append("}\n");
}

}  // namespace belfry::client
