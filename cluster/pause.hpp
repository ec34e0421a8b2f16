#pragma once

#include <chrono>
#include <stop_token>

namespace belfry::cluster {

/// Waits for that time, or until the thread is to stop.
void pause(std::chrono::milliseconds time, const std::stop_token& stop);

}  // namespace belfry::cluster
