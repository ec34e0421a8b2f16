#include "bench/cluster/bare_etcd.hpp"
#include "bench/cluster/benchmarks.hpp"
#include "bench/cluster/nodes.hpp"
#include "bench/cluster/wanted.hpp"
#include "bench/support/in_turn.hpp"
#include "bench/support/read_up_to.hpp"
#include "bench/support/secrets.hpp"
#include "tests/support/failure.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <thread>

namespace belfry::bench {
namespace {

constexpr Seconds before_the_kill{1};
constexpr Seconds after_the_kill{6};
constexpr std::chrono::milliseconds refusal_pause{50};

/// Calls `publish` again and again, and kills the leader meanwhile.
/// @return the longest call, in milliseconds
template <class Publish>
double longest_silence(test::EtcdServers& etcd, Publish publish) {
    const std::size_t leader = etcd.leader();
    std::jthread killer{[&etcd, leader] {
        std::this_thread::sleep_for(before_the_kill);
        etcd.kill(leader);
    }};
    const auto begin = Clock::now();
    Seconds longest{0};
    while (Clock::now() - begin < before_the_kill + after_the_kill) {
        const auto sent = Clock::now();
        publish();
        longest = std::max<Seconds>(longest, Clock::now() - sent);
    }
    killer.join();
    etcd.restart(leader);
    return 1e3 * longest.count();
}

/// Sends a message. @return false if it was refused, since etcd has not answered for 5 s
bool is_sent(const Connection& sender, const std::string& line) {
    std::array<char, 256> buffer{};
    sender.send(line);
    const std::string answer{sender.receive(buffer)};
    if (answer.starts_with("SENT ")) return true;
    if (answer.starts_with("ERR store-failed ")) return false;
    throw test::Failure(answer);
}

}  // namespace

void kill_the_leader(const ClusterOptions& options, const test::TempDir& scratch, Report& report) {
    Nodes nodes{scratch, {"sender"}};
    const Connection sender{nodes.node(0).port()};
    sender.send(login_line("sender"));
    read_up_to(sender, "LIVE ");
    std::uint64_t seq = 0;
    const auto send = [&] {
        const std::string line = "SEND " + std::to_string(++seq) + " 2\r\nhi\r\n";
        while (!is_sent(sender, line)) std::this_thread::sleep_for(refusal_pause);
    };
    KeyWriter writer{nodes.etcd().urls(), 64};
    const std::string value(64, 'x');
    auto series = measure_in_turn(
        options.failovers,
        {{"Belfry", [&] { return longest_silence(nodes.etcd(), send); }},
         {"etcd", [&] { return longest_silence(nodes.etcd(), [&] { writer.create(value); }); }}});
    report.add(
        {"failover", "longest silence when the leader is killed", Unit::milliseconds, series});
    const double above = median(series[0].values) - median(series[1].values);
    report.add({"failover-above",
                "the same, median above that of etcd",
                Unit::milliseconds,
                {{"Belfry", {above}}},
                {},
                wanted::cluster_failover});
}

}  // namespace belfry::bench
