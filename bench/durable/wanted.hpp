#pragma once

/// The wanted values, which are printed beside the measured ones. Nothing is asserted.
namespace belfry::bench::wanted {

inline constexpr const char* publish_window = "at least 1.5";
inline constexpr const char* publish_single = "at least 1";
inline constexpr const char* catch_up = "ring at least 5 M/s, store 1 M/s";
inline constexpr const char* restart = "at most 300 ms";
inline constexpr const char* crowd = "at least 0.9";

}  // namespace belfry::bench::wanted
