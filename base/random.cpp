#include "base/random.hpp"

#include <sys/random.h>

#include <cerrno>
#include <cstdint>
#include <system_error>

namespace belfry::base {

void fill_random(void* bytes, std::size_t count) {
    if (::getrandom(bytes, count, 0) == static_cast<ssize_t>(count)) return;
    throw std::system_error{errno, std::generic_category(), "cannot get random numbers"};
}

std::string random_hex(std::size_t digits) {
    std::string text;
    while (text.size() < digits) text += "0123456789abcdef"[random_value<std::uint8_t>() & 15];
    return text;
}

}  // namespace belfry::base
