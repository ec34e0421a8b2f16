#pragma once

#include <cstddef>
#include <string>

/// Random numbers from the kernel (getrandom(2)). Every function throws std::system_error if the
/// kernel gives none.
namespace belfry::base {

/// Fills `bytes` with `count` random bytes.
void fill_random(void* bytes, std::size_t count);

/// Returns an integer whose bits are all random.
template <class T>
[[nodiscard]] T random_value() {
    T value{};
    fill_random(&value, sizeof value);
    return value;
}

/// Returns a random text of `digits` hexadecimal digits.
[[nodiscard]] std::string random_hex(std::size_t digits);

}  // namespace belfry::base
