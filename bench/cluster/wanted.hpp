#pragma once

/// The wanted values, which are printed beside the measured ones. Nothing is asserted.
namespace belfry::bench::wanted {

inline constexpr const char* cluster_bytes = "at least 0.7";
inline constexpr const char* cluster_messages = "at least 2";
inline constexpr const char* cluster_single = "at least 0.4";
inline constexpr const char* cluster_latency = "at most 2";
inline constexpr const char* cluster_fanout = "at least 0.8";
inline constexpr const char* cluster_failover = "at most 500 ms";
inline constexpr const char* cluster_return = "at most 10 s";

}  // namespace belfry::bench::wanted
