#pragma once

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace belfry::base {

/// Formats numbers that mostly grow by one, as ids and seqs do. Usually only the last digit changes
/// then; formatting the whole number takes five times as long.
class DecimalText {
  public:
    /// Returns the decimal digits of `value`. The view is valid until the next call.
    [[nodiscard]] std::string_view of(std::uint64_t value) noexcept {
        if (value == value_ + 1 && value != 0 && digits_[length_ - 1] != '9') {
            ++digits_[length_ - 1];
        } else if (value != value_) {
            char* const end =
                std::to_chars(digits_.data(), digits_.data() + digits_.size(), value).ptr;
            length_ = static_cast<std::size_t>(end - digits_.data());
        }
        value_ = value;
        return {digits_.data(), length_};
    }

  private:
    std::uint64_t value_ = 0;
    std::array<char, 20> digits_{'0'};
    std::size_t length_ = 1;
};

}  // namespace belfry::base
