#include "bench/cluster/nodes.hpp"

#include "bench/support/wait.hpp"
#include "shm/segment_file.hpp"

#include <string>

namespace belfry::bench {
namespace {

constexpr std::chrono::seconds start_timeout{60};

/// Returns the URLs of all etcd servers, beginning with that of the node's own machine.
std::string urls_from(const test::EtcdServers& etcd, std::size_t first) {
    std::string urls;
    for (std::size_t at = 0; at < etcd.size(); ++at) {
        if (at != 0) urls += ',';
        urls += etcd.url((first + at) % etcd.size());
    }
    return urls;
}

bool is_ok(const std::filesystem::path& data_dir) {
    const auto found = shm::find_segment(data_dir, boost::interprocess::read_only);
    return found && found->segment.cluster().state.load() ==
                        static_cast<std::uint32_t>(shm::ClusterState::ok);
}

}  // namespace

Nodes::Nodes(const test::TempDir& scratch, const std::vector<std::string>& client_ids,
             std::size_t max_clients) {
    for (std::size_t index = 0; index < count; ++index) {
        const std::string name = "node" + std::to_string(index);
        data_dirs_.push_back(scratch.make(name));
        ServerPlan plan{data_dirs_.back(), "commit", client_ids, "64M", max_clients};
        plan.more = {"--cluster", urls_from(etcd_, index), "--node", name};
        nodes_.push_back(std::make_unique<BelfryServer>(std::move(plan)));
    }
    for (const auto& data_dir : data_dirs_) {
        wait_until([&] { return is_ok(data_dir); }, start_timeout, "a node does not become ready");
    }
}

std::uint64_t Nodes::shown_id(std::size_t index) const {
    const auto found = shm::find_segment(data_dirs_.at(index), boost::interprocess::read_only);
    return found ? found->segment.visible() : 0;
}

}  // namespace belfry::bench
