#pragma once

namespace belfry::test {

/// Whether every single instruction and system call is a kill point: $BELFRY_STEP is `all`. Else a
/// part of them.
[[nodiscard]] bool kills_everywhere();

}  // namespace belfry::test
