#include "base/base64.hpp"

#include <boost/archive/iterators/base64_from_binary.hpp>
#include <boost/archive/iterators/binary_from_base64.hpp>
#include <boost/archive/iterators/transform_width.hpp>

namespace belfry::base {
namespace {

namespace iterators = boost::archive::iterators;

constexpr std::string_view digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Removes at most two padding characters from the end.
std::string_view without_padding(std::string_view text) noexcept {
    for (int left = 2; left > 0 && text.ends_with('='); --left) text.remove_suffix(1);
    return text;
}

}  // namespace

std::string to_base64(std::string_view bytes) {
    using Digits = iterators::base64_from_binary<iterators::transform_width<const char*, 6, 8>>;
    std::string text{Digits{bytes.data()}, Digits{bytes.data() + bytes.size()}};
    text.append((3 - bytes.size() % 3) % 3, '=');
    return text;
}

std::optional<std::string> from_base64(std::string_view text) {
    using Bytes = iterators::transform_width<iterators::binary_from_base64<const char*>, 8, 6>;
    const std::string_view unpadded = without_padding(text);
    if (text.size() % 4 != 0 || unpadded.find_first_not_of(digits) != std::string_view::npos)
        return {};
    std::string bytes;
    bytes.reserve(unpadded.size() * 3 / 4);
    Bytes at{unpadded.data()};
    for (std::size_t left = unpadded.size() * 3 / 4; left > 0; --left) bytes += *at++;
    // The unused bits of the last digit must be 0, so that each value has only one encoding.
    if (to_base64(bytes) != text) return {};
    return bytes;
}

}  // namespace belfry::base
