#include "ctl/status_page.hpp"

#include "ctl/client_order.hpp"
#include "ctl/human.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace belfry::ctl {
namespace {

/// Returns the line that begins with `name`.
std::string line_of(const Status& status, const std::string& name) {
    for (const std::string& line : head_lines(status)) {
        if (line.starts_with(name)) return line;
    }
    return "";
}

Status ring_of(std::uint64_t stored, std::uint64_t visible, std::uint64_t used) {
    Status status{};
    status.capacity_bytes = 400;
    status.stored_bytes = stored;
    status.visible_bytes = visible;
    status.used_bytes = used;
    return status;
}

std::string bar_of(const Status& status) {
    const std::string line = line_of(status, "ring");
    const auto start = line.find('[') + 1;
    return line.substr(start, line.find(']') - start);
}

TEST(StatusPage, TheRingIsDrawnAsABar) {
    EXPECT_EQ(bar_of(ring_of(0, 0, 0)), std::string(40, '.'));
    EXPECT_EQ(bar_of(ring_of(400, 400, 400)), std::string(40, '#'));
    EXPECT_EQ(bar_of(ring_of(100, 200, 300)), std::string(10, '#') + std::string(10, '=') +
                                                  std::string(10, '-') + std::string(10, '.'));
    EXPECT_EQ(bar_of(ring_of(0, 200, 200)), std::string(20, '=') + std::string(20, '.'));
}

TEST(StatusPage, AnyAmountAboveZeroHasAColumnInTheBar) {
    EXPECT_EQ(bar_of(ring_of(1, 2, 3)), "#=-" + std::string(37, '.'));
    EXPECT_EQ(bar_of(ring_of(398, 399, 400)).size(), 40U);
}

TEST(StatusPage, AClientLineShowsStateLagTrafficAndHowTheLastSessionsEnded) {
    constexpr std::uint64_t now = 1'000'000'000;
    const ClientStatus client{.id = "ann",
                              .online = true,
                              .pid = 4711,
                              .cursor = 5,
                              .behind = 12,
                              .seq = 0,
                              .version = "1.2.3",
                              .bytes_in = 2048,
                              .bytes_out = 3 << 20,
                              .seen_ms = now - 65'000,
                              .ended_ms = now - 3'000,
                              .last_ends = {shm::EndReason::killed, shm::EndReason::quit}};
    const std::string line = client_line(client, now);
    for (const std::string part :
         {"ann", "online", "4711", "1.2.3", " 12 ", "2K", "3M", "1m5s", "killed 3s ago, quit"}) {
        EXPECT_NE(line.find(part), std::string::npos) << part << " in " << line;
    }
}

TEST(StatusPage, AClientLineShowsHowAndFromWhereTheClientIsConnected) {
    ClientStatus client{.id = "ann", .online = true, .pid = 4711};
    client.peer = {.endpoint = {.address = {0x20, 0x01, 0x0d, 0xb8, 15, 7}, .port = 5000},
                   .transport = shm::Transport::tls};
    const std::string line = client_line(client, 0);
    EXPECT_NE(line.find("online  tls"), std::string::npos) << line;
    EXPECT_NE(line.find(" [2001:db8:f07::]:5000 "), std::string::npos) << line;
    client.online = false;
    EXPECT_EQ(client_line(client, 0).find("tls"), std::string::npos);
}

TEST(StatusPage, ShowsConnectionsAndTheSandbox) {
    Status status{};
    EXPECT_EQ(line_of(status, "sandbox"), "sandbox     seccomp off, Landlock off");
    status.waiting_connections = 3;
    status.refused_connections = 4;
    status.limited_connections = 5;
    status.sandbox_seccomp = true;
    status.sandbox_landlock = 2;
    EXPECT_EQ(line_of(status, "connections"), "connections 3 waiting, 4 refused, 5 over a limit");
    EXPECT_EQ(line_of(status, "sandbox"), "sandbox     seccomp on, Landlock version 2");
}

TEST(StatusPage, MarksACertificateThatExpiresWithinFourteenDays) {
    constexpr std::uint64_t day = 24ULL * 60 * 60 * 1000;
    Status status{};
    status.now_ms = 1000 * day;
    EXPECT_EQ(line_of(status, "gate"), "gate        none");
    status.gate = {.pid = 4711, .tls_port = 5001, .web_port = 8443, .relays = 7};
    const std::string start = "gate        4711, TLS port 5001, web port 8443, 7 relays, ";
    const auto expect = [&](std::uint64_t expires_ms, const std::string& text) {
        status.gate->certificate_expires_ms = expires_ms;
        EXPECT_EQ(line_of(status, "gate"), start + text);
    };
    expect(0, "no certificate");
    expect(1014 * day, "certificate expires in 14d");
    expect(1014 * day - 1000, "! certificate expires in 13d23h");
    expect(998 * day, "! certificate expired 2d ago");
    status.gate->pid = 0;
    EXPECT_TRUE(line_of(status, "gate").starts_with("gate        not running, TLS port 5001"));
}

TEST(StatusPage, TextFromAForeignSegmentIsHarmlessAtATerminal) {
    Status status{};
    status.epoch = "\x1b[2J\n";
    ClientStatus client{};
    client.id = "\x1b]0;x\x07\xff\n";
    std::vector<std::string> lines = head_lines(status);
    lines.push_back(client_line(client, 0));
    for (const std::string& line : lines) {
        EXPECT_TRUE(std::ranges::all_of(line, [](char c) { return c >= 0x20 && c < 0x7f; }))
            << line;
    }
}

TEST(HumanReadable, ByteCountsAreShort) {
    EXPECT_EQ(short_bytes(0), "0");
    EXPECT_EQ(short_bytes(1023), "1023");
    EXPECT_EQ(short_bytes(1024), "1K");
    EXPECT_EQ(short_bytes(1536), "1.5K");
    EXPECT_EQ(short_bytes((1 << 20) - 1), "1M");
    EXPECT_EQ(short_bytes(64 << 20), "64M");
    EXPECT_EQ(short_bytes(~0ULL), "16E");
}

TEST(HumanReadable, DurationsHaveAtMostTwoUnits) {
    EXPECT_EQ(short_duration(0), "0s");
    EXPECT_EQ(short_duration(59), "59s");
    EXPECT_EQ(short_duration(60), "1m");
    EXPECT_EQ(short_duration(250), "4m10s");
    EXPECT_EQ(short_duration(12'000), "3h20m");
    EXPECT_EQ(short_duration(86'400 * 12 + 3600 * 4), "12d4h");
}

TEST(HumanReadable, NumbersAreShort) {
    EXPECT_EQ(short_number(0), "0");
    EXPECT_EQ(short_number(0.25), "0.2");
    EXPECT_EQ(short_number(12.34), "12.3");
    EXPECT_EQ(short_number(123456.7), "123457");
}

std::string ids_by(SortKey order, bool reversed) {
    std::vector<ClientStatus> clients(3);
    clients[0] = {.id = "b", .behind = 1, .bytes_in = 5, .bytes_out = 1, .seen_ms = 0};
    clients[1] = {.id = "a", .behind = 1, .bytes_in = 9, .bytes_out = 2, .seen_ms = 2};
    clients[2] = {.id = "c", .behind = 7, .bytes_in = 1, .bytes_out = 3, .seen_ms = 1};
    sort_clients(clients, order, reversed);
    std::string ids;
    for (const ClientStatus& client : clients) ids += client.id;
    return ids;
}

TEST(ClientOrder, PutsTheLargestFirstAndOrdersEqualOnesById) {
    EXPECT_EQ(ids_by(SortKey::client, false), "abc");
    EXPECT_EQ(ids_by(SortKey::client, true), "cba");
    EXPECT_EQ(ids_by(SortKey::behind, false), "cab");
    EXPECT_EQ(ids_by(SortKey::in, false), "abc");
    EXPECT_EQ(ids_by(SortKey::out, false), "cab");
    EXPECT_EQ(ids_by(SortKey::seen, false), "acb");
}

TEST(ClientOrder, IsChosenByAKey) {
    EXPECT_EQ(sort_key_for('b'), SortKey::behind);
    EXPECT_FALSE(sort_key_for('x'));
    EXPECT_FALSE(sort_key_for(-1));
    EXPECT_FALSE(sort_key_for(0));
}

}  // namespace
}  // namespace belfry::ctl
