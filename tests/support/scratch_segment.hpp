#pragma once

#include "shm/client_table.hpp"
#include "shm/invariants.hpp"
#include "shm/segment_file.hpp"
#include "shm/session.hpp"
#include "shm/session_slots.hpp"
#include "tests/support/failure.hpp"
#include "tests/support/plain_record.hpp"
#include "tests/support/temp_dir.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace belfry::test {

/// Returns a plan with the smallest ring, 64 KiB and 1,024 index entries, which wraps around after
/// few messages.
[[nodiscard]] inline shm::SegmentPlan small_plan() {
    shm::SegmentPlan plan;
    plan.ring_bytes = 64 << 10;
    plan.max_clients = 8;
    plan.max_payload = 8 << 10;
    plan.epoch = "e";
    plan.program_version = "test";
    for (const char* id : {"ann", "bob", "cat", "dan", "eve", "fay", "gus", "hal"}) {
        plan.clients.push_back({id});
    }
    return plan;
}

/// Returns clients without secrets. The ids must outlive the result.
[[nodiscard]] inline std::vector<shm::KnownClient> known(const std::vector<std::string>& ids) {
    std::vector<shm::KnownClient> clients;
    for (const std::string& id : ids) clients.push_back({id});
    return clients;
}

/// Returns the geometry in shared memory; segment.geometry() is a copy of it.
[[nodiscard]] inline shm::Geometry& shared_geometry(const shm::Segment& segment) {
    shm::Prefix& prefix = segment.prefix();
    return *reinterpret_cast<shm::Geometry*>(reinterpret_cast<char*>(&prefix) + prefix.body_offset);
}

/// A segment in its own data directory. The destructor removes both.
class ScratchSegment {
  public:
    explicit ScratchSegment(const shm::SegmentPlan& plan = small_plan())
        : found_{shm::create_segment(data_dir_.path(), plan)} {}
    ScratchSegment(const ScratchSegment&) = delete;
    ScratchSegment& operator=(const ScratchSegment&) = delete;
    ~ScratchSegment() { shm::remove_segment(data_dir_.path(), found_.name); }

    [[nodiscard]] const shm::FoundSegment& found() const { return found_; }
    [[nodiscard]] shm::Segment& segment() { return found_.segment; }
    [[nodiscard]] shm::LogHeader& log() { return found_.segment.log(); }
    [[nodiscard]] const shm::SegmentName& name() const { return found_.name; }
    [[nodiscard]] const std::filesystem::path& data_dir() const { return data_dir_.path(); }

    [[nodiscard]] std::vector<std::string> broken() {
        return shm::broken_invariants(found_.segment, &is_plain_record);
    }

  private:
    TempDir data_dir_;
    shm::FoundSegment found_;
};

/// A fixture with a scratch segment, which checks its invariants after each test.
class SegmentTest : public ::testing::Test {
  protected:
    void TearDown() override { EXPECT_EQ(scratch_.broken(), std::vector<std::string>{}); }

    [[nodiscard]] shm::Segment& segment() { return scratch_.segment(); }
    [[nodiscard]] shm::LogHeader& log() { return scratch_.log(); }

    ScratchSegment scratch_;
};

/// Returns a session in this slot, which this process has claimed.
[[nodiscard]] inline shm::Session claimed_session(shm::Segment& segment, std::uint32_t slot) {
    shm::Session session{segment, slot, shm::give_slot(segment, slot).generation};
    if (!session.claim()) throw Failure{"the slot cannot be claimed"};
    return session;
}

/// A client that is logged in and can append messages.
class Sender {
  public:
    Sender(shm::Segment& segment, std::uint32_t slot, std::string_view client_id,
           shm::RecordFormat format = plain_format())
        : session_{logged_in(segment, slot, client_id)}, writer_{segment, session_, format} {}
    Sender(const Sender&) = delete;
    Sender& operator=(const Sender&) = delete;

    [[nodiscard]] shm::Session& session() { return session_; }
    [[nodiscard]] shm::LogWriter& writer() { return writer_; }

    shm::LogWriter::Result append(const std::vector<shm::NewMessage>& messages,
                                  std::vector<shm::Outcome>& outcomes) {
        outcomes.assign(messages.size(), shm::Outcome{});
        return writer_.append(messages, outcomes);
    }

    shm::LogWriter::Result append(const std::vector<shm::NewMessage>& messages) {
        std::vector<shm::Outcome> outcomes;
        return append(messages, outcomes);
    }

    /// Appends one message with the next seq.
    shm::LogWriter::Result say(std::string_view body) { return append({{0, body}}); }

    /// Appends `count` numbered bodies, with the seqs from `first` on, in one batch.
    shm::LogWriter::Result append_numbered(std::uint64_t first, std::uint64_t count) {
        std::vector<std::string> bodies;
        std::vector<shm::NewMessage> messages;
        for (std::uint64_t seq = first; seq < first + count; ++seq) {
            bodies.push_back(numbered_body(seq));
        }
        for (const std::string& body : bodies) messages.push_back({first++, body});
        return append(messages);
    }

  private:
    static shm::Session logged_in(shm::Segment& segment, std::uint32_t slot,
                                  std::string_view client_id) {
        shm::Session session = claimed_session(segment, slot);
        shm::Session::Welcome welcome;
        if (session.login(client_id, welcome) != shm::Session::LoginResult::welcome) {
            throw Failure{"cannot log in as " + std::string{client_id}};
        }
        return session;
    }

    shm::Session session_;
    shm::LogWriter writer_;
};

}  // namespace belfry::test
