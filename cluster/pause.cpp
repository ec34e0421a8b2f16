#include "cluster/pause.hpp"

#include <condition_variable>
#include <mutex>

namespace belfry::cluster {

void pause(std::chrono::milliseconds time, const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock guard{mutex};
    never.wait_for(guard, stop, time, [] { return false; });
}

}  // namespace belfry::cluster
