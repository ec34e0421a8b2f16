#pragma once

#include <string_view>

/// What the ratios should be. Printed beside them; nothing is asserted.
namespace belfry::bench::wanted {

inline constexpr std::string_view publish_window = "-";
inline constexpr std::string_view publish_single = "-";
inline constexpr std::string_view catch_up = "-";
inline constexpr std::string_view restart = "-";
inline constexpr std::string_view crowd = "-";

}  // namespace belfry::bench::wanted
