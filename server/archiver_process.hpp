#pragma once

#include "server/heritage.hpp"

namespace belfry::server {

/// Runs the archiver process after the fork and never returns. It stores new records until it is
/// told to drain, and retries every second while the store fails. The exit status is 0 if every
/// record has been stored.
[[noreturn]] void run_archiver(const ArchiverHeritage& heritage) noexcept;

}  // namespace belfry::server
