#pragma once

namespace belfry::bench {

/// Raises the limit of open files to the maximum, for this process and those that it starts.
void raise_open_files() noexcept;

}  // namespace belfry::bench
