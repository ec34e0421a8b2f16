#pragma once

#include <cstddef>
#include <functional>

namespace belfry::bench {

/// Forks `processes` processes. Each prepares its work, and all of them begin it at the same
/// moment.
/// @param job is called in each process with its number, and returns the work
/// @return the seconds from the beginning of the first process to the end of the last one
double run_crew(std::size_t processes,
                const std::function<std::function<void()>(std::size_t number)>& job);

}  // namespace belfry::bench
