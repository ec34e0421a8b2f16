#include "store/text.hpp"

#include "wire/utf8.hpp"

namespace belfry::store {

bool is_text(std::string_view bytes) noexcept {
    // Most are plain ASCII, which a vectorised loop tells.
    const auto is_plain = [](unsigned char byte) { return byte != 0 && byte < 0x80; };
    bool plain = true;
    for (const char byte : bytes) plain &= is_plain(static_cast<unsigned char>(byte));
    return plain || (bytes.find('\0') == std::string_view::npos && wire::is_utf8(bytes));
}

}  // namespace belfry::store
