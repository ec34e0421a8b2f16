#include "store/text.hpp"

#include <boost/locale/utf.hpp>

#include <algorithm>

namespace belfry::store {

bool is_text(std::string_view bytes) noexcept {
    // Most are plain ASCII, which a vectorised loop tells.
    const auto is_plain = [](unsigned char byte) { return byte != 0 && byte < 0x80; };
    bool plain = true;
    for (const char byte : bytes) plain &= is_plain(static_cast<unsigned char>(byte));
    if (plain) return true;

    namespace utf = boost::locale::utf;
    const char* at = bytes.data();
    const char* const end = at + bytes.size();
    while (at != end) {
        const auto character = utf::utf_traits<char>::decode(at, end);
        if (character == 0 || !utf::is_valid_codepoint(character)) return false;
    }
    return true;
}

}  // namespace belfry::store
