#pragma once

#include <map>
#include <string>
#include <string_view>

namespace belfry::test {

/// Reads the Prometheus text format, version 0.0.4, and throws Failure if the text violates its
/// grammar: each family has HELP and TYPE once, in this order, followed by its samples; names,
/// labels and values are well-formed; no series appears twice; the names of counters end in _total.
/// @return the value of each series, whose key is like `name{label="value"}`
[[nodiscard]] std::map<std::string, double> read_prometheus_text(std::string_view text);

}  // namespace belfry::test
