#pragma once

#include <cstddef>
#include <string>

/// What the kernel makes at random (getrandom).
namespace belfry::base {

/// Fills the bytes. @throws std::system_error
void fill_randomly(void* bytes, std::size_t count);

/// @throws std::system_error
template <class T>
[[nodiscard]] T random_value() {
    T value{};
    fill_randomly(&value, sizeof value);
    return value;
}

/// A text of so many hexadecimal digits. @throws std::system_error
[[nodiscard]] std::string random_hex(std::size_t digits);

}  // namespace belfry::base
