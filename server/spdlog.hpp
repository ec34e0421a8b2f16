#pragma once

// Debian builds spdlog as a library: what `pkg-config --cflags spdlog` says.
#define SPDLOG_SHARED_LIB
#define SPDLOG_COMPILED_LIB

#include <spdlog/logger.h>             // IWYU pragma: export
#include <spdlog/pattern_formatter.h>  // IWYU pragma: export
#include <spdlog/sinks/base_sink.h>    // IWYU pragma: export
