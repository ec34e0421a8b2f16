#pragma once

#include "inspect/status.hpp"

#include <iosfwd>

namespace belfry::inspect {

/// The status in Prometheus' text format, version 0.0.4.
/// Source: https://prometheus.io/docs/instrumenting/exposition_formats/
void print_metrics(std::ostream& out, const Status& status);

}  // namespace belfry::inspect
