#pragma once

#include "cluster/engine.hpp"
#include "cluster/etcd_caller.hpp"

#include <atomic>
#include <functional>
#include <string>

namespace belfry::cluster {

/// The engine, over the API of etcd.
class EtcdEngine final : public Engine {
  public:
    explicit EtcdEngine(const EngineOptions& options);

    [[nodiscard]] Answer<Creation> create_batch(std::uint64_t incarnation, std::uint64_t position,
                                                std::string_view bytes,
                                                const Fence& fence) override;
    [[nodiscard]] EngineFailure watch(Revision after, const std::string& settings,
                                      const Receiver& receive) override;
    void stop() noexcept override { stopped_ = true; }
    [[nodiscard]] base::TimePoint last_heard() const noexcept override;
    [[nodiscard]] std::string last_failure() const override { return caller_.last_failure(); }

    [[nodiscard]] Answer<bool> has_history_after(Revision revision) override;
    [[nodiscard]] Answer<Values> read(std::string_view key) override;
    [[nodiscard]] Answer<Values> read_all(std::string_view prefix) override;
    [[nodiscard]] Answer<Revision> put(std::string_view key, std::string_view value,
                                       Lease lease) override;
    [[nodiscard]] Answer<bool> create(std::string_view key, std::string_view value,
                                      Lease lease) override;
    [[nodiscard]] Answer<bool> replace(std::string_view key, std::string_view expected,
                                       std::string_view value, Lease lease) override;
    [[nodiscard]] Answer<Done> remove(std::string_view key) override;

    [[nodiscard]] Answer<Lease> grant_lease(std::chrono::seconds lifetime) override;
    [[nodiscard]] Answer<bool> keep_lease(Lease lease) override;
    [[nodiscard]] Answer<Done> revoke_lease(Lease lease) override;

    [[nodiscard]] Answer<std::vector<BatchKey>> old_batches(Revision revision,
                                                            std::size_t limit) override;
    [[nodiscard]] Answer<Done> delete_batches(std::span<const BatchKey> batches) override;
    [[nodiscard]] Answer<Done> compact(Revision revision) override;
    [[nodiscard]] Health health() override;

  private:
    /// Returns the whole name of a key in etcd.
    [[nodiscard]] std::string name(std::string_view key) const {
        return prefix_ + std::string{key};
    }

    [[nodiscard]] Answer<Values> values_of(const etcdserverpb::RangeRequest& request);
    [[nodiscard]] Answer<bool> write_if(etcdserverpb::TxnRequest request, std::string_view key,
                                        std::string_view value, Lease lease);
    void ask_servers(Health& health);

    std::string prefix_;
    std::function<void(const std::string&)> note_;
    EtcdCaller caller_;
    std::atomic<bool> stopped_ = false;
};

}  // namespace belfry::cluster
