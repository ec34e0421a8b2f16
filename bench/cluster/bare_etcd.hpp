#pragma once

#include "bench/support/wait.hpp"
#include "cluster/engine.hpp"
#include "tests/support/etcd_servers.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace belfry::bench {

/// A client of bare etcd that creates keys one after the other, by the calls that a replica makes.
class KeyWriter {
  public:
    /// @param urls of the servers that it uses
    /// @param bytes of each value
    KeyWriter(std::vector<std::string> urls, std::size_t bytes);

    /// Creates one more key with this value. If no server answers, it asks again.
    void create(std::string_view value);

    /// Creates keys for this time. @return how many a second
    double rate_over(Seconds duration);

    /// Returns the longest time that a create() has taken since the last call.
    [[nodiscard]] Seconds take_longest() noexcept { return std::exchange(longest_, Seconds{0}); }

    [[nodiscard]] cluster::Engine& engine() noexcept { return *engine_; }

    /// The settings that the keys are created under.
    static constexpr std::string_view settings = "bare";

  private:
    std::unique_ptr<cluster::Engine> engine_;
    std::string value_;
    cluster::Fence fence_;
    std::uint64_t position_ = 0;
    std::uint64_t incarnation_;
    Seconds longest_{0};
};

/// Returns an engine for bare etcd, whose keys are not those of a cluster.
[[nodiscard]] std::unique_ptr<cluster::Engine> bare_engine(std::vector<std::string> urls);

}  // namespace belfry::bench
