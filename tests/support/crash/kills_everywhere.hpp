#pragma once

namespace belfry::test {

/// True if every instruction and every system call is a kill point, which $BELFRY_STEP=all says.
/// Otherwise only a sample of them is.
[[nodiscard]] bool kills_everywhere();

}  // namespace belfry::test
