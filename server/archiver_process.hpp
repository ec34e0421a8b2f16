#pragma once

#include "server/heritage.hpp"

namespace belfry::server {

/// The life of the archiver process, from the fork on: stores what is new until it is told to
/// drain, and tries again every second while the store fails. Never returns. Its exit status is 0
/// where everything has been stored.
[[noreturn]] void run_archiver(const ArchiverHeritage& heritage) noexcept;

}  // namespace belfry::server
