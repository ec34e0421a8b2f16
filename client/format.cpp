#include "client/format.hpp"

#include <boost/archive/iterators/base64_from_binary.hpp>
#include <boost/archive/iterators/transform_width.hpp>
#include <boost/locale/utf.hpp>
#include <nlohmann/json.hpp>

namespace belfry::client {
namespace {

namespace utf = boost::locale::utf;

// Moves the front of the text behind its first character, and behind one byte where there is none.
utf::code_point take_character(std::string_view& text) {
    const char* at = text.data();
    const auto character = utf::utf_traits<char>::decode(at, text.data() + text.size());
    const bool valid = utf::is_valid_codepoint(character);
    text.remove_prefix(valid ? static_cast<std::size_t>(at - text.data()) : 1);
    return valid ? character : utf::illegal;
}

bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        if (take_character(text) == utf::illegal) return false;
    }
    return true;
}

bool is_harmless(utf::code_point character) {
    if (character == '\t' || character == '\n') return true;
    const bool control = character < 0x20 || (character >= 0x7f && character < 0xa0);
    return !control && character != utf::illegal;
}

std::string base64(std::string_view bytes) {
    using namespace boost::archive::iterators;
    using Digits = base64_from_binary<transform_width<const char*, 6, 8>>;
    std::string text{Digits{bytes.data()}, Digits{bytes.data() + bytes.size()}};
    text.append((3 - bytes.size() % 3) % 3, '=');
    return text;
}

}  // namespace

void append_safely(std::string& out, std::string_view text) {
    while (!text.empty()) {
        const auto before = text;
        if (is_harmless(take_character(text))) {
            out += before.substr(0, before.size() - text.size());
        } else {
            out += '?';
        }
    }
}

void append_text(std::string& out, const wire::Message& message, bool for_terminal) {
    out += message.sender;
    out += ": ";
    if (for_terminal) {
        append_safely(out, message.payload);
    } else {
        out += message.payload;
    }
    out += '\n';
}

void append_json(std::string& out, const wire::Message& message, bool for_terminal) {
    const bool text = is_utf8(message.payload);
    const nlohmann::json value(text ? std::string{message.payload} : base64(message.payload));
    out.append(R"({"id":)").append(std::to_string(message.id));
    // A client-id holds nothing that JSON would escape.
    out.append(R"(,"from":")").append(message.sender);
    out.append(R"(","time":)").append(std::to_string(message.time_ms));
    out.append(text ? R"(,"text":)" : R"(,"data":)").append(value.dump(-1, ' ', for_terminal));
    out.append("}\n");
}

}  // namespace belfry::client
