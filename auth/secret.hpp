#pragma once

#include "wire/limits.hpp"

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

namespace belfry::auth {

/// The longest secret, in bytes. A secret has at least one byte, and no NUL.
inline constexpr std::size_t max_secret = wire::max_secret;

/// A secret in clear. Its memory is overwritten when it is destroyed, and it cannot be copied, so
/// that no copy stays behind.
class Secret {
  public:
    Secret() noexcept = default;
    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;
    ~Secret();

    /// Returns the memory of the secret, all zeros at first. The caller writes it once.
    [[nodiscard]] std::span<char, max_secret> room() noexcept {
        return std::span{text_}.first<max_secret>();
    }
    /// Returns the secret as C text.
    [[nodiscard]] const char* c_str() const noexcept { return text_.data(); }

  private:
    std::array<char, max_secret + 1> text_{};
};

/// Tells whether the hash was made of this secret by crypt(3). It takes from 0.05 ms to more than
/// 100 ms, depending on the hash, and leaves no copy of the secret or the hash in memory.
/// @throws std::bad_alloc
[[nodiscard]] bool verify(const Secret& secret, std::string_view hash);

}  // namespace belfry::auth
