#pragma once

#include "ctl/status.hpp"

#include <iosfwd>

namespace belfry::ctl {

/// Prints the status in the text format of Prometheus, version 0.0.4.
/// Source: https://prometheus.io/docs/instrumenting/exposition_formats/
void print_metrics(std::ostream& out, const Status& status);

}  // namespace belfry::ctl
