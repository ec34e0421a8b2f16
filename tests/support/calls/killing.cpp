#include "tests/support/calls/killing.hpp"

#include "tests/support/crash/kills_everywhere.hpp"
#include "tests/support/deadline.hpp"
#include "tests/support/failure.hpp"
#include "tests/support/temp_dir.hpp"

#include <algorithm>
#include <iomanip>
#include <iostream>

namespace belfry::test {
namespace {

/// The number of kill points of a scene, evenly spread, if not all are tried.
constexpr std::uint64_t sample = 6;

/// The number of calls of a victim varies a little from play to play. After so many survived plays
/// in a row, there is no later call.
constexpr int enough_survivals = 3;

/// Spreads the second kills of a scene over all calls of the next belfryd.
constexpr std::uint64_t spread = 37;

constexpr std::size_t max_sentences = 10;

constexpr int not_traced = 77;

/// Returns about how many system calls belfryd makes before main(), which are those of the dynamic
/// linker; 0 if it cannot be traced.
std::uint64_t calls_before_main() {
    static const std::uint64_t calls = [] {
        const TempDir folder;
        const auto report = folder.path() / "report";
        const Result result = run({beside_test_program("kill_at_call"),
                                   {"self", "0", report.string(), program("belfryd").string(),
                                    "--client-ids", "1", "--check"}});
        if (result.status == not_traced) return std::uint64_t{0};
        std::optional<VictimEnd> end;
        const auto has_ended = [&] {
            end = read_report(report);
            return end && !end->was_killed;
        };
        if (!eventually(has_ended)) {
            throw Failure("the tracer has written no report: " + result.err);
        }
        constexpr std::uint64_t own = 5;  // the calls of main() until it ends
        return end->calls - own;
    }();
    return calls;
}

class Killing {
  public:
    explicit Killing(const Scene& scene)
        : scene_{scene}, server_{{.durability = scene.durability}} {
        static_cast<void>(server_.stop());
    }

    void run() {
        const bool all = kills_everywhere();
        calls_ = play({scene_.victim, 0}).calls;
        const std::uint64_t stride = all ? 1 : std::max<std::uint64_t>(own_calls() / sample, 1);
        // A sample kills in the middle of each of its equal parts.
        std::uint64_t nth = first_ + stride / 2;
        for (int survivals = 0; survivals < enough_survivals; nth += stride) {
            if (!all && nth > calls_) break;
            if (findings_.sentences.size() >= max_sentences) break;
            const bool was_killed = kill_at(nth);
            survivals = was_killed ? 0 : survivals + 1;
        }
    }

    VictimEnd play(const KillPoint& kill_point) {
        const std::size_t before = findings_.sentences.size();
        VictimEnd end{};
        {
            Play play{server_, kill_point};
            try {
                scene_.steps(play);
                end = play.end();
                play.judge(findings_);
            } catch (const Failure& failure) {
                end = play.end_so_far();
                findings_.require(false, &Findings::stuck, failure.what());
            }
        }
        for (std::size_t at = before; at < findings_.sentences.size(); ++at) {
            findings_.sentences[at] += " (killed at call " + std::to_string(kill_point.nth) +
                                       ", system call number " + end.number + ", and at call " +
                                       std::to_string(kill_point.again) + " of the next)";
        }
        return end;
    }

    [[nodiscard]] const Findings& findings() const { return findings_; }

    void print() const {
        std::cout << scene_.name << ": " << own_calls() << " system calls, " << kills_
                  << " kill points, " << findings_.stuck << " stuck, " << findings_.torn
                  << " torn, " << findings_.lost << " lost, " << findings_.doubled << " doubled; "
                  << std::fixed << std::setprecision(1) << milliseconds_since(began_) / 1000 << " s"
                  << std::endl;
    }

    void expect_all_well() const {
        EXPECT_GT(kills_, 0U) << scene_.name;
        for (const std::string& sentence : findings_.sentences) {
            ADD_FAILURE() << scene_.name << ": " << sentence;
        }
    }

  private:
    /// Returns the number of calls without those of the dynamic linker.
    [[nodiscard]] std::uint64_t own_calls() const { return calls_ - std::min(calls_, first_ - 1); }

    /// Kills the victim once. If that was belfryd itself, a second play also kills the belfryd that
    /// replaces it, at some call.
    /// @return false if the victim survived
    bool kill_at(std::uint64_t nth) {
        const VictimEnd end = play({scene_.victim, nth});
        calls_ = std::max(calls_, end.calls);
        if (!end.was_killed) return false;
        ++kills_;
        if (scene_.victim == Victim::supervisor && kills_everywhere()) {
            static_cast<void>(play({scene_.victim, nth, first_ + nth * spread % own_calls()}));
            ++kills_;
        }
        return true;
    }

    const Scene& scene_;
    const Clock::time_point began_ = Clock::now();
    Server server_;
    const std::uint64_t first_ = scene_.victim == Victim::supervisor ? calls_before_main() + 1 : 1;
    std::uint64_t calls_ = 0;
    std::uint64_t kills_ = 0;
    Findings findings_;
};

}  // namespace

void KilledAtCall::SetUp() {
    if (calls_before_main() == 0) {
        GTEST_SKIP() << "not tested: no process may be traced here";
    }
}

void kill_at_every_call(const Scene& scene) {
    Killing killing{scene};
    killing.run();
    killing.print();
    killing.expect_all_well();
}

Findings findings_in(const Scene& scene) {
    Killing killing{scene};
    static_cast<void>(killing.play({scene.victim, 0}));
    return killing.findings();
}

}  // namespace belfry::test
