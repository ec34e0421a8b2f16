#include "tests/support/forked_child.hpp"
#include "tests/support/step/killing.hpp"
#include "tests/support/step/segment_operation.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <string_view>

/// Tests of the judge of these tests: it detects writers that write to the
/// segment in the wrong order.
namespace belfry::test {
namespace {

constexpr std::string_view record = "1 ann 5:hello\n";

/// Appends one record by hand, under the lock.
class HandAppend : public SegmentOperation {
  public:
    HandAppend() : SegmentOperation{shm::Durability::memory} { begin_here(); }
    [[nodiscard]] std::string name() const override { return "append by hand"; }

  protected:
    void write() { std::memcpy(segment().ring().data(), record.data(), record.size()); }
    void index() {
        segment().sender(1) = 0;
        segment().seq(1) = 1;
        segment().position(2) = record.size();
    }
    void commit() { log().last_id = 1; }
    void derive() {
        segment().client(0).last_seq = 1;
        log().derived_id = 1;
    }
    void go_on(Findings& findings) override {
        findings.require(segment().client(0).last_seq == log().last_id, &Findings::lost,
                         "a seq is lost");
    }
};

class CorrectWriter : public HandAppend {
    void run() override {
        shm::LogLock lock{segment()};
        lock.lock();
        write();
        index();
        commit();
        derive();
        lock.unlock();
    }
};

class CommitsTooEarly : public HandAppend {
    void run() override {
        shm::LogLock lock{segment()};
        lock.lock();
        index();
        commit();
        write();
        derive();
        lock.unlock();
    }
};

class DerivesInTheWrongOrder : public HandAppend {
    void run() override {
        shm::LogLock lock{segment()};
        lock.lock();
        write();
        index();
        commit();
        log().derived_id = 1;
        segment().client(0).last_seq = 1;
        lock.unlock();
    }
};

/// Takes the mutex so that the kernel does not release it when its holder dies.
class LocksByHand : public HandAppend {
    void run() override {
        auto& word = reinterpret_cast<std::atomic<int>&>(log().mutex);
        word = 1;
        write();
        word = 0;
    }
};

TEST_F(KilledInside, ACorrectWriterIsReportedAsGood) {
    CorrectWriter operation;
    const Findings findings = findings_in(operation);
    EXPECT_EQ(findings.sentences, std::vector<std::string>{});
}

TEST_F(KilledInside, AWriterThatCommitsTooEarlyIsReportedAsTorn) {
    CommitsTooEarly operation;
    EXPECT_GT(findings_in(operation).torn, 0U);
}

TEST_F(KilledInside, AWriterThatDerivesInTheWrongOrderIsReportedAsLosingASeq) {
    DerivesInTheWrongOrder operation;
    EXPECT_GT(findings_in(operation).lost, 0U);
}

TEST_F(KilledInside, AWriterWhoseLockIsNotRobustIsReportedAsStuck) {
    LocksByHand operation;
    EXPECT_GT(findings_in(operation).stuck, 0U);
}

}  // namespace
}  // namespace belfry::test
