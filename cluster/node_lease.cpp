#include "cluster/node_lease.hpp"

#include <utility>

namespace belfry::cluster {

NodeLease::NodeLease(Engine& engine, const std::string& node, std::string incarnation)
    : engine_{&engine}, key_{"alive/" + node}, incarnation_{std::move(incarnation)} {}

Answer<bool> NodeLease::keep() {
    if (lease_ != 0) {
        const auto kept = engine_->keep_lease(lease_);
        if (!kept) return kept.failure();
        if (!*kept) {
            lease_ = 0;
            has_key_ = false;
        }
    }
    if (lease_ == 0) {
        const auto granted = engine_->grant_lease(lifetime);
        if (!granted) return granted.failure();
        lease_ = *granted;
    }
    return has_key_ ? Answer<bool>{true} : take_key();
}

/// Creates the key, or puts it under the present lease if an earlier process of this incarnation
/// has created it.
Answer<bool> NodeLease::take_key() {
    auto taken = engine_->create(key_, incarnation_, lease_);
    if (taken && !*taken) taken = engine_->replace(key_, incarnation_, incarnation_, lease_);
    if (taken) {
        has_key_ = *taken;
    } else if (taken.failure().error == EngineError::lease_ended) {
        lease_ = 0;
    }
    return taken;
}

void NodeLease::release() noexcept {
    if (lease_ != 0) static_cast<void>(engine_->revoke_lease(lease_));
    lease_ = 0;
    has_key_ = false;
}

}  // namespace belfry::cluster
