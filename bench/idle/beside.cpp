#include "bench/idle/benchmarks.hpp"
#include "bench/support/belfry_peer.hpp"
#include "bench/support/in_turn.hpp"
#include "bench/support/series.hpp"
#include "bench/support/stage.hpp"
#include "tests/support/temp_dir.hpp"

#include <sys/socket.h>

namespace belfry::bench {
namespace {

/// One publisher, one subscriber, and idle clients that log in and then read nothing.
class Scenario {
  public:
    Scenario(const std::filesystem::path& dir, std::size_t others)
        : stage_{std::make_unique<BelfryPeer>(dir, others + 1), 1, FlowControl{}} {
        for (std::size_t i = 0; i < others; ++i) {
            check_interrupt();
            others_.emplace_back(stage_.peer().port());
            // Without this the kernel would buffer megabytes for each idle client.
            const int bytes = 4'096;
            ::setsockopt(others_.back().fd(), SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
            BelfryPeer::log_in(others_.back(), i + 1);
        }
    }

    double run(std::uint64_t messages) {
        return stage_.publish_all(messages, std::string(payload_size, 'x')).deliveries_a_second;
    }

  private:
    static constexpr std::size_t payload_size = 64;

    Stage stage_;
    std::vector<Connection> others_;
};

}  // namespace

void measure_beside_idle(const CommonOptions& options, Report& report) {
    const std::size_t idle = options.quick ? 20 : 1'000;
    const std::uint64_t messages = options.quick ? 20'000 : 2'000'000;
    const test::TempDir scratch{options.dir};
    Scenario full{scratch.make("full"), idle};
    Scenario empty{scratch.make("empty"), 0};
    // This fills the sockets of the idle clients.
    static_cast<void>(full.run(messages));
    static_cast<void>(empty.run(messages));
    const auto series = measure_in_turn(
        options.rounds, {{with_commas(idle) + " idle", [&] { return full.run(messages); }},
                         {"none", [&] { return empty.run(messages); }}});
    std::vector<Ratio> ratios;
    add_ratio(ratios, series, "none", "at least 0.9");
    report.add({"beside", "from one to one beside clients that do not read", Unit::per_second,
                series, ratios});
}

}  // namespace belfry::bench
