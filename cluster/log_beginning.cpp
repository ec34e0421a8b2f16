#include "cluster/log_beginning.hpp"

#include <chrono>
#include <future>

namespace belfry::cluster {

bool has_log_after(Engine& engine, Revision revision, const std::string& settings) {
    // If nothing is missing and nothing is new, the watch stays silent.
    constexpr std::chrono::seconds timeout{1};
    auto watch = std::async(std::launch::async, [&engine, revision, &settings] {
        return engine.watch(revision, settings, [](News&&) { return false; });
    });
    static_cast<void>(watch.wait_for(timeout));
    engine.stop();
    return watch.get().error != EngineError::compacted;
}

}  // namespace belfry::cluster
