#pragma once

#include <string>
#include <string_view>

namespace belfry::client {

/// The proof of a client at its login. It is kept in the form that LOGIN has
/// (wire/secret_text.hpp), and its memory is overwritten at its end.
class Secret {
  public:
    /// Makes one that is empty: the client has no secret.
    Secret() noexcept = default;
    /// @param text not encoded; is_possible() must hold
    explicit Secret(std::string_view text);
    Secret(Secret&& other) noexcept;
    Secret& operator=(Secret&& other) noexcept;
    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;
    ~Secret();

    /// Tells whether the text can be a secret: 1 to wire::max_secret bytes without NUL.
    [[nodiscard]] static bool is_possible(std::string_view text) noexcept;

    [[nodiscard]] bool is_empty() const noexcept { return encoded_.empty(); }
    [[nodiscard]] std::string_view encoded() const noexcept { return encoded_; }

  private:
    std::string encoded_;  // on the heap, so that moving it leaves no copy
};

}  // namespace belfry::client
