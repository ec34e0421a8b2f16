#include "bench/support/main.hpp"

#include "belfry/client.hpp"
#include "bench/support/belfry_peer.hpp"
#include "bench/support/common_options.hpp"
#include "bench/support/in_turn.hpp"
#include "bench/support/interrupt.hpp"
#include "bench/support/secrets.hpp"
#include "bench/support/series.hpp"
#include "bench/support/stage.hpp"
#include "tests/support/failure.hpp"
#include "tests/support/temp_dir.hpp"

#include <poll.h>

#include <algorithm>
#include <array>
#include <cstdlib>

/// Compares libbelfry with the generator of the other benchmarks, which parses nothing: one client
/// publishes with 1,000 messages in flight, and another one receives, in one thread.
namespace belfry::bench {
namespace {

constexpr std::uint64_t window = 1'000;
constexpr std::size_t size = 64;
constexpr std::string_view generator = "generator";
constexpr std::string_view library = "libbelfry";

std::string secret() {
    const std::string line = login_line("x");
    const std::string key = "secret=";
    const std::size_t begin = line.find(key) + key.size();
    return line.substr(begin, line.find_first_of(" \r", begin) - begin);
}

Client client_of(const BelfryServer& server, std::string id) {
    auto client = Client::open({.id = std::move(id),
                                .servers = {"tcp://127.0.0.1:" + std::to_string(server.port())},
                                .secret = Secret{secret()}});
    if (!client) throw test::Failure{client.error().text};
    return std::move(*client);
}

class LibraryStage {
  public:
    explicit LibraryStage(const std::filesystem::path& dir)
        : server_{{dir, "memory", {"publisher", "s0"}, "64M", 2}},
          publisher_{client_of(server_, "publisher")},
          subscriber_{client_of(server_, "s0")} {
        publisher_.on_message([](const Message&) {});
        subscriber_.on_message([this](const Message& message) {
            received_ += message.payload.size() == size ? 1 : 0;
        });
        while (!is_live()) turn();
    }

    /// Returns the messages per second.
    double publish_all(std::uint64_t messages) {
        const std::string payload(size, 'x');
        const auto begin = Clock::now();
        received_ = accepted_ = 0;
        std::uint64_t sent = 0;
        while (received_ < messages || accepted_ < messages) {
            sent += publish_some(payload, sent, messages);
            turn();
        }
        const std::chrono::duration<double> took = Clock::now() - begin;
        return static_cast<double>(messages) / took.count();
    }

  private:
    // Waits until half a window, or all that is left, can be sent at once, as the generator does.
    std::uint64_t publish_some(std::string_view payload, std::uint64_t sent,
                               std::uint64_t messages) {
        const std::uint64_t left = messages - sent;
        const std::uint64_t room = std::min(window - (sent - accepted_), left);
        if (room == 0 || room < std::min(window / 2, left)) return 0;
        for (std::uint64_t n = 0; n < room; ++n) {
            publisher_.send(payload, [this](const auto& outcome) { accepted_ += outcome ? 1 : 0; });
        }
        publisher_.step(false);  // sends them
        return room;
    }

    [[nodiscard]] bool is_live() const { return publisher_.is_live() && subscriber_.is_live(); }

    void turn() {
        check_interrupt();
        std::array<pollfd, 2> ready{{{publisher_.descriptor(), publisher_.events(), 0},
                                     {subscriber_.descriptor(), subscriber_.events(), 0}}};
        // Both clients have just made a step, so nothing is due but what a login waits for.
        ::poll(ready.data(), ready.size(), is_live() ? 100 : 1);
        publisher_.step(ready[0].revents != 0);
        subscriber_.step(ready[1].revents != 0);
    }

    BelfryServer server_;
    Client publisher_;
    Client subscriber_;
    std::uint64_t received_ = 0;
    std::uint64_t accepted_ = 0;
};

void measure(const CommonOptions& options) {
    const std::uint64_t messages = options.quick ? 50'000 : 1'000'000;
    const test::TempDir scratch{options.dir};
    Stage raw{std::make_unique<BelfryPeer>(scratch.path() / "generator", 1), 1, {.window = window}};
    LibraryStage ours{scratch.path() / "library"};
    const std::string payload(size, 'x');
    const std::vector<Contestant> contestants{
        {std::string{generator},
         [&] { return raw.publish_all(messages, payload).deliveries_a_second; }},
        {std::string{library}, [&] { return ours.publish_all(messages); }}};
    for (const Contestant& one : contestants) static_cast<void>(one.run());  // a warm-up
    Report report{"library",
                  "durability memory, " + std::to_string(options.rounds) + " rounds, medians"};
    const auto series = measure_in_turn(options.rounds, contestants);
    report.add(
        {"",
         "64 bytes, 1,000 in flight, published and received",
         Unit::per_second,
         series,
         {{std::string{generator}, ratios_of(series[1].values, series[0].values), ">= 0.8"}}});
    if (options.results) report.write(*options.results);
}

}  // namespace
}  // namespace belfry::bench

int main(int argc, char** argv) {
    namespace bench = belfry::bench;
    return bench::run_main("library", [&] {
        const auto options = bench::read_common_options(
            {"library", "Compares libbelfry with a client that parses nothing.", {}},
            {argv + std::min(argc, 1), argv + argc});
        if (!options) return EXIT_SUCCESS;
        bench::record_interrupts();
        bench::measure(*options);
        return EXIT_SUCCESS;
    });
}
