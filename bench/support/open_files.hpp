#pragma once

namespace belfry::bench {

/// Lets this process and those that it starts open as many files as they may.
void raise_open_files() noexcept;

}  // namespace belfry::bench
