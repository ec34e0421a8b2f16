#pragma once

#include "ctl/status.hpp"

#include <iosfwd>

namespace belfry::ctl {

/// The status in Prometheus' text format, version 0.0.4.
/// Source: https://prometheus.io/docs/instrumenting/exposition_formats/
void print_metrics(std::ostream& out, const Status& status);

}  // namespace belfry::ctl
