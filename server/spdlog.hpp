#pragma once

// From their headers alone: Debian has neither as a static library, which belfryd needs.
#define FMT_HEADER_ONLY

#include <spdlog/logger.h>             // IWYU pragma: export
#include <spdlog/pattern_formatter.h>  // IWYU pragma: export
#include <spdlog/sinks/base_sink.h>    // IWYU pragma: export
