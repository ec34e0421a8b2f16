#include "tests/support/vectors.hpp"

#include "tests/support/process.hpp"

#include <fstream>

namespace belfry::test {

using nlohmann::json;

json vectors(const std::string& file) {
    std::ifstream stream{source_file("wire/vectors/" + file)};
    return json::parse(stream);
}

std::string bytes_of(const json& text) {
    std::string bytes;
    if (text.is_array()) {
        for (const json& part : text) bytes += bytes_of(part);
        return bytes;
    }
    if (text.is_object()) {
        const std::string part = bytes_of(text.at("repeat"));
        for (int left = text.at("times"); left > 0; --left) bytes += part;
        return bytes;
    }
    const std::string utf8 = text;
    for (std::size_t at = 0; at < utf8.size(); ++at) {
        const auto c = static_cast<unsigned char>(utf8[at]);
        const int low = c < 0x80 ? 0 : static_cast<unsigned char>(utf8[++at]) & 0x3f;
        bytes += static_cast<char>(c < 0x80 ? c : (c & 3) << 6 | low);
    }
    return bytes;
}

std::string text_of(std::string_view bytes) {
    std::string text;
    for (const char byte : bytes) {
        const auto c = static_cast<unsigned char>(byte);
        if (c >= 0x80) text += static_cast<char>(0xc0 | c >> 6);
        text += static_cast<char>(c < 0x80 ? c : 0x80 | (c & 0x3f));
    }
    return text;
}

}  // namespace belfry::test
