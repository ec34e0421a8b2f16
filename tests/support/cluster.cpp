#include "tests/support/cluster.hpp"

#include "tests/support/failure.hpp"
#include "tests/support/store_db.hpp"

#include <algorithm>
#include <exception>

namespace belfry::test {

Cluster::Cluster(ClusterOptions options) : options_{std::move(options)}, etcd_{options_.etcd} {
    options_.environments.resize(options_.nodes);
    options_.prepare(etcd_);
    for (std::size_t index = 0; index < options_.nodes; ++index) {
        Node& node = *nodes_.emplace_back(std::make_unique<Node>());
        if (index == 0 && options_.has_linked_node) node.link = LinkedNetwork::make();
        for (std::size_t server = 0; server < etcd_.size(); ++server) {
            node.networks.push_back(
                std::make_unique<TcpProxy>(etcd_.client_port(server), address_for(node)));
        }
        std::vector<std::string> more = engine_options(index);
        more.insert(more.end(), {"--node", name_of(index)});
        more.insert(more.end(), options_.more.begin(), options_.more.end());
        node.server =
            std::make_unique<Server>(ServerOptions{.client_ids = options_.client_ids,
                                                   .more = std::move(more),
                                                   .durability = "commit",
                                                   .environment = options_.environments[index],
                                                   .network = node.link.get()});
    }
    for (std::size_t index = 0; index < size(); ++index) wait_until_ok(index);
    if (!eventually([this] { return know_each_other(); }, recovery_time, Milliseconds{20})) {
        throw Failure("the nodes do not see each other: " + status(0).dump());
    }
}

/// Tells whether each node knows that all of them are alive.
bool Cluster::know_each_other() {
    for (std::size_t index = 0; index < size(); ++index) {
        const auto all = status(index).at("nodes");
        const auto alive = std::ranges::count_if(
            all, [](const auto& each) { return each.at("alive").template get<bool>(); });
        if (static_cast<std::size_t>(alive) != size()) return false;
    }
    return true;
}

/// Returns the address at which a node reaches its networks.
std::string Cluster::address_for(const Node& node) {
    return node.link ? node.link->outer_address() : "127.0.0.1";
}

/// Returns the options for the networks of a node, and how it logs in at etcd.
std::vector<std::string> Cluster::engine_options(std::size_t index) const {
    const Certificates* const certificates = options_.etcd.certificates;
    const Node& node = *nodes_.at(index);
    std::string urls;
    for (const auto& network : node.networks) {
        urls += (urls.empty() ? "" : ",") + std::string{certificates ? "https" : "http"} + "://" +
                address_for(node) + ":" + std::to_string(network->port());
    }
    std::vector<std::string> options{"--cluster", urls};
    if (certificates) {
        const KeyPair own = certificates->client(name_of(index));
        options.insert(options.end(), {"--cluster-cert", own.certificate, "--cluster-key", own.key,
                                       "--cluster-ca", certificates->authority()});
    }
    return options;
}

void Cluster::crash_machine(std::size_t index) {
    node(index).kill_all();
    node(index).lose_segment();
}

void Cluster::lose_disk(std::size_t index) {
    crash_machine(index);
    std::filesystem::remove_all(node(index).data_dir());
}

void Cluster::start_node(std::size_t index) {
    node(index).start(command(index), recovery_time);
}

void Cluster::start_from_backup(std::size_t index, const std::filesystem::path& backup) {
    const auto data_dir = node(index).data_dir();
    std::filesystem::create_directory(data_dir);
    std::filesystem::permissions(data_dir, std::filesystem::perms::owner_all);
    std::filesystem::copy_file(backup, StoreDb::file(data_dir));
    start_node(index);
}

std::filesystem::path Cluster::back_up(std::size_t index) {
    const auto path = folder_.path() / ("backup" + std::to_string(++backups_));
    const Result result = node(index).belfryctl({"backup", path.string()});
    if (result.status != 0) throw Failure("belfryctl backup: " + result.out + result.err);
    return path;
}

void Cluster::for_each_network(std::size_t index, const std::function<void(TcpProxy&)>& act) {
    for (const auto& network : nodes_.at(index)->networks) act(*network);
}

void Cluster::cut_off(std::size_t index) {
    if (nodes_.at(index)->link) return nodes_.at(index)->link->set_link(false);
    for_each_network(index, [](TcpProxy& network) { network.hold(); });
}

void Cluster::leave_half_open(std::size_t index) {
    for_each_network(index, [](TcpProxy& network) { network.leave_half_open(); });
}

void Cluster::reset_connections(std::size_t index) {
    for_each_network(index, [](TcpProxy& network) { network.cut(); });
}

void Cluster::reconnect(std::size_t index) {
    if (nodes_.at(index)->link) return nodes_.at(index)->link->set_link(true);
    for_each_network(index, [](TcpProxy& network) { network.pass(); });
}

nlohmann::json Cluster::status_of(std::size_t other, std::size_t index) {
    const auto all = status(index).at("nodes");
    for (const auto& each : all) {
        if (each.at("name") == name_of(other)) return each;
    }
    throw Failure("node " + name_of(index) + " knows no node " + name_of(other) + ": " +
                  all.dump());
}

std::string Cluster::state(std::size_t index) {
    return status(index).at("state").get<std::string>();
}

pid_t Cluster::replica(std::size_t index) {
    for (const pid_t pid : node(index).all_processes()) {
        if (title_of(pid).find("belfry-replica") != std::string::npos) return pid;
    }
    return 0;
}

bool Cluster::will_be(std::size_t index, std::string_view wanted) {
    return eventually([&] { return state(index) == wanted; }, recovery_time, Milliseconds{20});
}

void Cluster::wait_until_ok(std::size_t index) {
    if (!will_be(index, "ok")) {
        throw Failure("node " + name_of(index) + " does not become ok: " + status(index).dump() +
                      "\n" + node(index).errors());
    }
}

void Cluster::wait_until_equal() {
    for (std::size_t index = 0; index < size(); ++index) wait_until_ok(index);
    const auto are_equal = [this] {
        for (std::size_t index = 1; index < size(); ++index) {
            if (stored_id(index) != stored_id(0)) return false;
        }
        return true;
    };
    if (eventually(are_equal, recovery_time, Milliseconds{20})) return;
    std::string text = "the nodes do not have the same messages:";
    for (std::size_t index = 0; index < size(); ++index) {
        text += " " + name_of(index) + "=" + std::to_string(stored_id(index)) + " " +
                status(index).dump();
    }
    throw Failure(text);
}

std::string Cluster::differences() {
    std::string text;
    const auto check = [&](std::size_t index, const std::vector<std::string>& command) {
        const Result result = node(index).belfryctl(command);
        if (result.status == 0) return;
        text += name_of(index) + ": " + result.out + result.err;
    };
    for (std::size_t index = 0; index < size(); ++index) {
        check(index, {"check"});
        check(index, {"check", "--cluster"});
    }
    return text;
}

std::string Cluster::addresses(std::size_t first) {
    std::string all;
    for (std::size_t count = 0; count < size(); ++count) {
        const std::size_t index = (first + count) % size();
        all += (all.empty() ? "" : ",") + std::string{"127.0.0.1:"} +
               std::to_string(node(index).port());
    }
    return all;
}

std::uint64_t Cluster::stored_id(std::size_t index) {
    return StoreDb{node(index).data_dir()}.number("SELECT coalesce(max(id), 0) FROM messages");
}

}  // namespace belfry::test
