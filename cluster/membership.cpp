#include "cluster/membership.hpp"

#include <utility>

namespace belfry::cluster {

void Membership::set(std::optional<Fence> fence) {
    const std::scoped_lock guard{mutex_};
    fence_ = std::move(fence);
    changed_.notify_all();
}

void Membership::set_settings(const std::string& settings) {
    const std::scoped_lock guard{mutex_};
    settings_ = settings;
    changed_.notify_all();
}

bool Membership::has_settings() const {
    const std::scoped_lock guard{mutex_};
    return !settings_.empty();
}

std::optional<std::string> Membership::wait_for_settings(const std::stop_token& stop) {
    std::unique_lock guard{mutex_};
    changed_.wait(guard, stop, [this] { return !settings_.empty(); });
    return stop.stop_requested() ? std::nullopt : std::optional{settings_};
}

void Membership::refused() {
    const std::scoped_lock guard{mutex_};
    fence_.reset();
    is_to_look_ = true;
    changed_.notify_all();
}

std::optional<Fence> Membership::fence() const {
    const std::scoped_lock guard{mutex_};
    return fence_;
}

std::optional<Fence> Membership::wait_for_fence(const std::stop_token& stop) {
    std::unique_lock guard{mutex_};
    changed_.wait(guard, stop, [this] { return fence_.has_value(); });
    return stop.stop_requested() ? std::nullopt : fence_;
}

void Membership::wait_for_refusal(const std::stop_token& stop,
                                  std::chrono::steady_clock::time_point deadline) {
    std::unique_lock guard{mutex_};
    changed_.wait_until(guard, stop, deadline, [this] { return is_to_look_; });
    is_to_look_ = false;
}

void Membership::look_now() {
    const std::scoped_lock guard{mutex_};
    is_to_look_ = true;
    changed_.notify_all();
}

}  // namespace belfry::cluster
