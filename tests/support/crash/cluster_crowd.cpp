#include "tests/support/crash/cluster_crowd.hpp"

#include "tests/support/failure.hpp"

#include <gtest/gtest.h>

namespace belfry::test {
namespace {

ClusterOptions with_all_clients(ClusterOptions options) {
    options.client_ids = "1,2,3,4,5,6," + std::string{ClusterCrowd::reader};
    return options;
}

}  // namespace

ClusterCrowd::ClusterCrowd(ClusterOptions options, double max_per_second)
    : seed_{choose_seed()},
      random_{seed_},
      cluster_{with_all_clients(std::move(options))},
      ports_(cluster_.size()),
      clients_{all_ways(), max_per_second} {
    for (std::size_t client = 0; client < clients_.size(); ++client) {
        clients_[client].expect_refusals();
        clients_[client].expect_shut_down();
    }
}

std::vector<ExactClient::Connect> ClusterCrowd::all_ways() {
    for (std::size_t index = 0; index < cluster_.size(); ++index) node_moved(index);
    return {size, [this] { return RawClient{port_of_any_node()}; }};
}

/// Returns the port of a node. Steps without a common factor visit the nodes in a changing order.
/// Random numbers would need a lock, because all clients call this.
std::uint16_t ClusterCrowd::port_of_any_node() {
    const std::uint64_t step = connections_++;
    return ports_[(step + step / 7) % ports_.size()];
}

void ClusterCrowd::move_all() {
    for (std::size_t client = 0; client < clients_.size(); ++client) clients_[client].cut();
}

void ClusterCrowd::pause(std::chrono::microseconds at_most) {
    std::uniform_int_distribution<std::chrono::microseconds::rep> any{0, at_most.count()};
    std::this_thread::sleep_for(std::chrono::microseconds{any(random_)});
}

std::size_t ClusterCrowd::any_node() {
    return std::uniform_int_distribution<std::size_t>{0, cluster_.size() - 1}(random_);
}

bool ClusterCrowd::one_in(unsigned count) {
    return std::uniform_int_distribution<unsigned>{1, count}(random_) == 1;
}

void ClusterCrowd::wait_until_all_go_on() {
    const bool all_go_on = clients_.everybody_goes_on_after(clients_.now(), recovery_time);
    if (clients_.has_faults()) throw Failure(clients_.faults() + all_states());
    if (!all_go_on) throw Failure("a client receives no more messages\n" + all_states());
}

std::string ClusterCrowd::all_states() {
    std::string text;
    for (std::size_t index = 0; index < cluster_.size(); ++index) {
        const Result status = cluster_.node(index).belfryctl({"status"});
        text += "--- " + Cluster::name_of(index) + "\n" + status.out + status.err +
                cluster_.node(index).errors();
    }
    return text;
}

Verdict ClusterCrowd::finish() {
    const Verdict verdict = clients_.finish(recovery_time);
    cluster_.wait_until_equal();
    // The nodes cannot compare messages that retention is deleting.
    std::string differences;
    const auto are_equal = [&] { return (differences = cluster_.differences()).empty(); };
    EXPECT_TRUE(eventually(are_equal, recovery_time, Milliseconds{500})) << differences;
    if (testing::Test::HasFailure()) std::cerr << all_states();
    return verdict;
}

}  // namespace belfry::test
