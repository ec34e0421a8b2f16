#include "bench/cluster/bare_etcd.hpp"
#include "bench/cluster/benchmarks.hpp"
#include "bench/cluster/nodes.hpp"
#include "bench/cluster/wanted.hpp"
#include "bench/support/in_turn.hpp"
#include "bench/support/line_splitter.hpp"
#include "bench/support/read_up_to.hpp"
#include "bench/support/secrets.hpp"
#include "bench/support/series.hpp"
#include "tests/support/failure.hpp"

#include <algorithm>
#include <array>
#include <future>
#include <thread>

namespace belfry::bench {
namespace {

constexpr double a_second = 200;

/// When each message of a run was sent and received, by its number.
class Stopwatch {
  public:
    explicit Stopwatch(std::uint64_t count) : sent_(count), received_(count) {}

    /// Calls `send` with each number, at the fixed rate.
    template <class Send>
    void send_all(Send send) {
        auto next = Clock::now();
        for (auto& at : sent_) {
            std::this_thread::sleep_until(next);
            next += std::chrono::duration_cast<Clock::duration>(Seconds{1 / a_second});
            check_interrupt();
            at = Clock::now();
            send();
        }
    }

    /// Notes that the next message has come. @return whether it was the last one
    bool receive() {
        received_.at(count_++) = Clock::now();
        return count_ == received_.size();
    }

    /// Returns the median, in microseconds.
    [[nodiscard]] double median_us() const {
        std::vector<double> times;
        for (std::size_t at = 0; at < sent_.size(); ++at) {
            times.push_back(1e6 * Seconds{received_[at] - sent_[at]}.count());
        }
        return median(std::move(times));
    }

  private:
    std::vector<Clock::time_point> sent_;
    std::vector<Clock::time_point> received_;
    std::size_t count_ = 0;
};

/// A publisher at one node and a reader at another one.
class Crossing {
  public:
    Crossing(Nodes& nodes, std::uint64_t count)
        : count_{count}, sender_{nodes.node(0).port()}, reader_{nodes.node(1).port()} {
        for (const auto& [connection, id] :
             {std::pair{&sender_, "sender"}, std::pair{&reader_, "reader"}}) {
            connection->send(login_line(id));
            read_up_to(*connection, "LIVE ");
        }
    }

    double operator()() {
        Stopwatch stopwatch{count_};
        auto reading = std::async(std::launch::async, [&] { read(stopwatch); });
        stopwatch.send_all([&] {
            sender_.send("SEND " + std::to_string(++seq_) + " 64\r\n" + std::string(64, 'x') +
                         "\r\n");
            read_up_to(sender_, "SENT ");
        });
        reading.get();
        return stopwatch.median_us();
    }

  private:
    void read(Stopwatch& stopwatch) {
        LineSplitter lines;
        std::array<char, 4096> buffer{};
        bool is_over = false;
        while (!is_over) {
            lines.feed(reader_.receive(buffer), [&](std::string_view line) {
                if (line.starts_with("MSG ")) is_over = stopwatch.receive();
            });
        }
    }

    std::uint64_t count_;
    Connection sender_;
    Connection reader_;
    std::uint64_t seq_ = 0;
};

/// A writer at one etcd server and a watcher at another one.
class BareCrossing {
  public:
    BareCrossing(test::EtcdServers& etcd, std::uint64_t count)
        : count_{count}, writer_{{etcd.url(0)}, 128}, watcher_{bare_engine({etcd.url(1)})} {
        watching_ = std::thread{[this] {
            static_cast<void>(
                watcher_->watch(0, std::string{KeyWriter::settings}, [this](cluster::News&& news) {
                    for (std::size_t at = 0; at < news.batches.size(); ++at) take();
                    return true;
                }));
        }};
    }
    BareCrossing(const BareCrossing&) = delete;
    BareCrossing& operator=(const BareCrossing&) = delete;
    ~BareCrossing() {
        watcher_->stop();
        watching_.join();
    }

    double operator()() {
        Stopwatch stopwatch{count_};
        std::promise<void> all;
        current_ = [&] {
            if (stopwatch.receive()) all.set_value();
        };
        const std::string value(128, 'x');
        stopwatch.send_all([&] { writer_.create(value); });
        all.get_future().get();
        return stopwatch.median_us();
    }

  private:
    void take() {
        if (current_) current_();
    }

    std::uint64_t count_;
    KeyWriter writer_;
    std::unique_ptr<cluster::Engine> watcher_;
    std::function<void()> current_;  ///< set between runs, when nothing comes
    std::thread watching_;
};

}  // namespace

void cross_the_cluster(const ClusterOptions& options, const test::TempDir& scratch,
                       Report& report) {
    Nodes nodes{scratch, {"sender", "reader"}};
    Crossing crossing{nodes, options.latencies};
    BareCrossing bare{nodes.etcd(), options.latencies};
    const std::vector<Contestant> all{{"Belfry", [&] { return crossing(); }},
                                      {"etcd", [&] { return bare(); }}};
    static_cast<void>(measure_in_turn(1, all));  // does not count
    const auto series = measure_in_turn(options.rounds, all);
    std::vector<Ratio> ratios;
    add_ratio(ratios, series, "etcd", wanted::cluster_latency);
    report.add({"latency", "from one node to another at 200 a second, p50", Unit::microseconds,
                series, ratios});
}

}  // namespace belfry::bench
