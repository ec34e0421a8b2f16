#pragma once

#include <cstddef>
#include <functional>

namespace belfry::bench {

/// Forks as many processes; each prepares, all begin at the same moment and do their work.
/// @param job called in each process with its number; what it returns is the work
/// @return seconds from the first's beginning to the last's end
double run_crew(std::size_t processes,
                const std::function<std::function<void()>(std::size_t number)>& job);

}  // namespace belfry::bench
