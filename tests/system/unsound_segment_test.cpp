#include "shm/layout.hpp"
#include "tests/support/belfryctl.hpp"
#include "tests/support/mapped_segment.hpp"
#include "tests/support/server.hpp"
#include "tests/support/terminal.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

/// A segment whose offsets or sizes contradict each other: no program may use more than its prefix.
namespace belfry::test {
namespace {

namespace fs = std::filesystem;

using Damage = std::function<void(const MappedSegment&)>;

struct NamedDamage {
    const char* name;
    Damage damage;
};

const std::vector<NamedDamage>& damages() {
    static const std::vector<NamedDamage> all{
        {"processes behind the end", [](auto& s) { s.prefix().processes_offset = 1ULL << 40; }},
        {"processes at the edge", [](auto& s) { s.prefix().processes_offset = ~0ULL - 7; }},
        {"a long stride", [](auto& s) { s.prefix().processes_stride = 0xffff'fff8; }},
        {"many processes", [](auto& s) { s.prefix().processes_count = 0xffff'ffff; }},
        {"a body behind the end", [](auto& s) { s.prefix().body_offset = ~0ULL - 63; }},
        {"a ring as large as can be", [](auto& s) { s.geometry().ring_bytes = ~0ULL; }},
        {"no ring", [](auto& s) { s.geometry().ring_bytes = 0; }},
        {"an index of no power of two", [](auto& s) { s.geometry().index_entries = 1000; }},
        {"a large index", [](auto& s) { s.geometry().index_entries = 1ULL << 62; }},
        {"many rows", [](auto& s) { s.geometry().client_rows = 0xffff'ffff; }},
        {"many slots", [](auto& s) { s.geometry().session_slots = 0xffff'ffff; }},
        {"a large payload", [](auto& s) { s.geometry().max_payload = 0xffff'ffff; }},
        {"a log behind the end", [](auto& s) { s.geometry().log_offset = 1ULL << 40; }},
        {"clients at an odd place", [](auto& s) { s.geometry().clients_offset += 1; }},
        {"a ring elsewhere", [](auto& s) { s.geometry().ring_offset += 4096; }},
        {"another size", [](auto& s) { s.prefix().segment_bytes += 4096; }},
    };
    return all;
}

TEST(UnsoundSegment, IsReportedInOneLineByEveryProgram) {
    Server server;
    server.kill_all();
    for (const auto& [name, damage] : damages()) {
        SCOPED_TRACE(name);
        const MappedSegment segment{server};
        const shm::Geometry geometry = segment.geometry();
        const std::uint64_t head[] = {segment.prefix().processes_offset,
                                      segment.prefix().body_offset, segment.prefix().segment_bytes};
        const std::uint32_t counts[] = {segment.prefix().processes_count,
                                        segment.prefix().processes_stride};
        damage(segment);
        for (const char* command : {"status", "log", "check", "metrics", "stop"}) {
            SCOPED_TRACE(command);
            expect_one_line(server.belfryctl({command}), 1, "is damaged");
        }
        expect_one_line(server.belfryctl({"log", "--follow"}), 1, "is damaged");
        expect_one_line(run(server.command()), 1, "is damaged");
        segment.prefix().processes_offset = head[0];
        segment.prefix().body_offset = head[1];
        segment.prefix().segment_bytes = head[2];
        segment.prefix().processes_count = counts[0];
        segment.prefix().processes_stride = counts[1];
        segment.geometry() = geometry;
    }
    EXPECT_EQ(server.belfryctl({"check"}).status, 0) << "the segment is whole again";
}

TEST(UnsoundSegment, IsReportedByTopAndDeletedByRemove) {
    Server server;
    server.kill_all();
    MappedSegment{server}.geometry().client_rows = 0xffff'ffff;
    {
        Terminal terminal{{"/usr/bin/env",
                           {"ASAN_OPTIONS=detect_leaks=0", program("belfryctl").string(),
                            "--data-dir", server.data_dir().string(), "top"}},
                          {100, 20}};
        terminal.expect("cannot be read by this program");
        terminal.type("q");
    }
    const Result result = server.belfryctl({"remove"});
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_FALSE(server.segment());
}

TEST(UnsoundSegment, DoesNoHarmIfItBecomesUnsoundWhileItIsRead) {
    Server server;
    RawClient client = server.log_in("1");
    client.send_message(1, "hello");
    client.expect("SENT 1 1");
    Process follower{
        {program("belfryctl"), {"--data-dir", server.data_dir().string(), "log", "--follow"}}};
    ASSERT_TRUE(eventually([&] { return follower.out().find("hello") != std::string::npos; }));
    {
        const MappedSegment segment{server};
        const shm::Geometry before = segment.geometry();
        segment.geometry().session_slots = 0xffff'ffff;
        segment.geometry().ring_bytes = 1ULL << 40;
        server.kill_all();
        follower.wait();
        segment.geometry() = before;
    }
    EXPECT_EQ(follower.wait(), 0) << follower.err();
    EXPECT_EQ(server.belfryctl({"check"}).status, 0);
}

TEST(UnsoundSegment, FailsTheCheckIfItClaimsMoreRecordsThanItsIndexHolds) {
    Server server;
    server.kill_all();
    {
        const MappedSegment segment{server};
        segment.log().first_id = 1;
        segment.log().last_id = segment.geometry().index_entries + 1;
        segment.log().derived_id = segment.geometry().index_entries + 1;
    }
    EXPECT_EQ(server.belfryctl({"log"}).out, "");
    const Result checked = server.belfryctl({"check"});
    EXPECT_EQ(checked.status, 1);
    EXPECT_EQ(lines_of(checked.out).size(), 1U);
    EXPECT_NE(checked.out.find("(2) the index is wrong at record 1"), std::string::npos);
}

TEST(UnsoundSegment, IsNotRecoveredIfItsEpochIsNotANumber) {
    Server server{{.durability = "commit"}};
    server.kill_all();
    std::string_view{"\x1b[2J"}.copy(MappedSegment{server}.prefix().epoch, 4);
    const fs::path fresh = server.folder() / "new";
    const Result result = run({program("belfryctl"),
                               {"--data-dir", fresh.string(), "recover", "--segment",
                                std::to_string(server.segment().value().shmid)}});
    expect_one_line(result, 1, "its epoch is not 1 to 32 hexadecimal digits");
    EXPECT_FALSE(fs::exists(fresh));
}

TEST(UnsoundSegment, ShowsASessionWithoutASlotAsOffline) {
    Server server;
    server.kill_all();
    {
        const MappedSegment segment{server};
        auto* rows = reinterpret_cast<shm::ClientRow*>(reinterpret_cast<char*>(&segment.prefix()) +
                                                       segment.geometry().clients_offset);
        rows[0].session = pack(shm::Halves{1, 0xffff'ffff});
    }
    EXPECT_EQ(server.client_status("1").at("online"), false);
    EXPECT_EQ(server.belfryctl({"check"}).status, 1);
}

}  // namespace
}  // namespace belfry::test
