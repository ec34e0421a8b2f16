#pragma once

// Debian builds spdlog as a library, with fmt beside it: what `pkg-config --cflags spdlog` says.
#define SPDLOG_SHARED_LIB
#define SPDLOG_COMPILED_LIB
#define SPDLOG_FMT_EXTERNAL

#include <spdlog/logger.h>             // IWYU pragma: export
#include <spdlog/pattern_formatter.h>  // IWYU pragma: export
#include <spdlog/sinks/base_sink.h>    // IWYU pragma: export
