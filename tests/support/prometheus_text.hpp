#pragma once

#include <map>
#include <string>
#include <string_view>

namespace belfry::test {

/// Reads Prometheus' text format, version 0.0.4, and throws Failure where it breaks its grammar:
/// each family has HELP and TYPE, in this order, once, and its samples behind them; names, labels
/// and values are well-formed; no series comes twice; counters end in _total.
/// @return the values by their series, as in `name{label="value"}`
[[nodiscard]] std::map<std::string, double> read_prometheus_text(std::string_view text);

}  // namespace belfry::test
