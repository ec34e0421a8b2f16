#pragma once

#include <string_view>

/// What the ratios should be. Printed beside them; nothing is asserted.
namespace belfry::bench::wanted {

inline constexpr std::string_view publish_window = "1.5";
inline constexpr std::string_view publish_single = "1";
inline constexpr std::string_view catch_up = "ring 5 M/s, store 1 M/s";
inline constexpr std::string_view restart = "300 ms";
inline constexpr std::string_view crowd = "0.9";

}  // namespace belfry::bench::wanted
