#include "tests/support/step/killing.hpp"

#include "tests/support/crash/kills_everywhere.hpp"
#include "tests/support/deadline.hpp"
#include "tests/support/failure.hpp"
#include "tests/support/step/crash_table.hpp"
#include "tests/support/step/stepped_child.hpp"
#include "tests/support/step/trace.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <iomanip>
#include <iostream>
#include <map>
#include <set>

namespace belfry::test {
namespace {

/// The number of kill points of an operation, evenly spread, in addition to those at which
/// something changes.
constexpr std::size_t sample = 50;

/// A run may differ from the traced one if it prints a pid or a random number, so it is repeated.
constexpr int attempts = 3;

constexpr std::size_t max_sentences = 10;

std::set<std::size_t> kill_points(const Trace& trace) {
    const std::size_t count = trace.addresses.size();
    std::set<std::size_t> points{count};
    const std::size_t stride = kills_everywhere() ? 1 : std::max<std::size_t>(count / sample, 1);
    for (std::size_t n = 1; n <= count; n += stride) points.insert(n);
    points.insert(trace.changes.begin(), trace.changes.end());
    return points;
}

class Killing {
  public:
    explicit Killing(Operation& operation) : operation_{operation} {}

    /// Kills at each kill point. Stops early if it has found many defects.
    void run() {
        const OneCore one_core;
        warm_up();
        trace_ = trace(operation_);
        ways_ = ways_through(trace_);
        const auto points = kill_points(trace_);
        for (const std::size_t n : points) {
            kill_behind(n);
            if (findings_.sentences.size() >= max_sentences) break;
        }
        operation_.restore();
    }

    [[nodiscard]] const Findings& findings() const { return findings_; }

    void print() const {
        std::cout << operation_.name() << ": " << trace_.addresses.size() << " instructions, "
                  << kills_ << " kill points, " << states_.size() << " states, " << findings_.stuck
                  << " stuck, " << findings_.torn << " torn, " << findings_.lost << " lost, "
                  << findings_.doubled << " doubled";
        if (astray_ != 0) {
            std::cout << "; " << astray_ << " in a run that differed from the traced one";
        }
        std::cout << "; " << std::fixed << std::setprecision(1) << milliseconds_since(began_) / 1000
                  << " s" << std::endl;
    }

    void expect_table() const {
        const std::string test = testing::UnitTest::GetInstance()->current_test_info()->name();
        std::set<std::string> listed;
        for (const CrashRow& row : crash_table()) {
            if (row.operation != operation_.name()) continue;
            EXPECT_TRUE(listed.insert(row.state).second) << "listed twice: " << row.state;
            EXPECT_TRUE(states_.contains(row.state))
                << operation_.name() << ": listed in the table, but not found: " << row.state;
            EXPECT_FALSE(row.mended_by.empty()) << row.state;
            EXPECT_EQ(row.test, test) << row.state;
        }
        for (const auto& [state, kills] : states_) {
            EXPECT_TRUE(listed.contains(state))
                << operation_.name() << ": found at " << kills
                << " kill points, but not listed in the table: " << state;
        }
    }

  private:
    /// Runs the operation once, so that the dynamic linker has looked up every function before the
    /// first kill.
    void warm_up() {
        operation_.restore();
        operation_.run();
    }

    void kill_behind(std::size_t n) {
        pid_t dead = 0;
        bool exact = false;
        for (int attempt = 0; attempt < attempts && !exact; ++attempt) {
            operation_.restore();
            SteppedChild child{operation_};
            dead = child.pid();
            exact = go(child, n);
            child.kill();
        }
        ++kills_;
        if (!exact) ++astray_;
        const std::string state = operation_.state(dead);
        ++states_[state];
        judge(n, state, dead);
    }

    /// Runs the child up to the kill point.
    /// @return true if the child has arrived at the same instruction as the traced one
    bool go(SteppedChild& child, std::size_t n) const {
        const Way& way = ways_[n];
        if (way.times > 0 && !child.run_to(way.address, way.times)) return false;
        for (std::size_t step = 0; step < way.steps; ++step) {
            if (!child.step()) return false;
        }
        return n == trace_.addresses.size() || child.next() == trace_.addresses[n];
    }

    void judge(std::size_t n, const std::string& state, pid_t dead) {
        const std::size_t before = findings_.sentences.size();
        operation_.survive(dead, findings_);
        for (std::size_t at = before; at < findings_.sentences.size(); ++at) {
            findings_.sentences[at] += " (killed after instruction " + std::to_string(n) + " of " +
                                       std::to_string(trace_.addresses.size()) +
                                       "; state: " + state + ")";
        }
    }

    Operation& operation_;
    const Clock::time_point began_ = Clock::now();
    Trace trace_;
    std::vector<Way> ways_;
    std::uint64_t kills_ = 0;
    std::uint64_t astray_ = 0;
    std::map<std::string, std::uint64_t> states_;  ///< how often each state was found
    Findings findings_;
};

}  // namespace

Findings findings_in(Operation& operation) {
    Killing killing{operation};
    killing.run();
    return killing.findings();
}

void KilledInside::SetUp() {
#ifdef __SANITIZE_ADDRESS__
    GTEST_SKIP() << "not tested: a process with AddressSanitizer cannot be stepped through";
#endif
    if (!SteppedChild::is_possible()) {
        GTEST_SKIP() << "not tested: a process may not trace its own children here";
    }
}

void kill_at_every_instruction(Operation& operation) {
    Killing killing{operation};
    killing.run();
    killing.print();
    killing.expect_table();
    for (const std::string& sentence : killing.findings().sentences) {
        ADD_FAILURE() << operation.name() << ": " << sentence;
    }
}

}  // namespace belfry::test
