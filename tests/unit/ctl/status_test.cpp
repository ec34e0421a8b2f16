#include "ctl/status.hpp"

#include "shm/process_entry.hpp"
#include "tests/support/scratch_segment.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstdint>
#include <sstream>

/// What the status shows of a segment that the test fills.
namespace belfry::test {
namespace {

using nlohmann::json;

class StatusTest : public SegmentTest {
  protected:
    [[nodiscard]] json status() const {
        std::ostringstream out;
        ctl::print_json(out, ctl::read_status(scratch_.found()));
        return json::parse(out.str());
    }

    [[nodiscard]] json client(const std::string& id) const {
        const json all = status();
        for (const json& client : all.at("clients")) {
            if (client.at("id") == id) return client;
        }
        throw Failure{"no client " + id};
    }

    /// Makes this process the gate.
    void claim_gate() {
        shm::ProcessEntry& entry = segment().gate_process();
        if (!shm::claim(entry, shm::raise_generation(entry))) throw Failure{"cannot claim"};
    }

    /// Logs in through this process, which serves the peer.
    void log_in(std::uint32_t slot, std::string_view id, const shm::Peer& peer) {
        shm::Session session = connect(slot, peer);
        shm::Session::Welcome welcome;
        EXPECT_EQ(session.login(id, welcome), shm::Session::LoginResult::welcome);
    }

    shm::Session connect(std::uint32_t slot, const shm::Peer& peer) {
        shm::Session session{segment(), slot, shm::give_slot(segment(), slot, peer).generation};
        EXPECT_TRUE(session.claim());
        return session;
    }
};

shm::Peer peer_at(std::uint8_t last_byte, std::uint16_t port, shm::Transport transport) {
    return {
        .endpoint = {.address = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, last_byte},
                     .port = port},
        .transport = transport};
}

TEST_F(StatusTest, ShowsTheTransportAndThePeerOfEachClientThatIsOnline) {
    log_in(0, "ann", peer_at(7, 5000, shm::Transport::tcp));
    log_in(1, "bob", peer_at(8, 5001, shm::Transport::tls));
    log_in(2, "cat", peer_at(9, 5002, shm::Transport::web));
    EXPECT_EQ(client("ann").at("transport"), "tcp");
    EXPECT_EQ(client("ann").at("peer"), "192.0.2.7:5000");
    EXPECT_EQ(client("bob").at("transport"), "tls");
    EXPECT_EQ(client("bob").at("peer"), "192.0.2.8:5001");
    EXPECT_EQ(client("cat").at("transport"), "web");
    EXPECT_EQ(client("dan").at("transport"), nullptr);
    EXPECT_EQ(client("dan").at("peer"), nullptr);
}

TEST_F(StatusTest, HasNoGateWithoutItsPortsAndItsProcess) {
    EXPECT_EQ(status().at("gate"), nullptr);
}

TEST_F(StatusTest, ShowsTheGateItsRelaysAndItsCertificate) {
    claim_gate();
    segment().server().certificate_expires_ms = 1'800'000'000'000;
    log_in(0, "ann", peer_at(7, 5000, shm::Transport::tcp));
    log_in(1, "bob", peer_at(8, 5001, shm::Transport::tls));
    connect(2, peer_at(9, 5002, shm::Transport::web));
    EXPECT_EQ(
        status().at("gate"),
        (json{{"pid", ::getpid()}, {"relays", 2}, {"certificate_expires", 1'800'000'000'000}}));
    EXPECT_EQ(status().at("server").at("not_logged_in"), 1);
}

TEST_F(StatusTest, AGateThatIsDeadHasPidZeroAndKeepsItsRelays) {
    segment().prefix().web_port = 8443;
    log_in(0, "ann", peer_at(7, 5000, shm::Transport::web));
    EXPECT_EQ(status().at("gate"),
              (json{{"pid", 0}, {"relays", 1}, {"certificate_expires", nullptr}}));
}

TEST_F(StatusTest, ShowsConnectionsAndTheSandbox) {
    shm::ServerBlock& server = segment().server();
    server.waiting_connections = 3;
    server.refused_connections = 4;
    server.limited_connections = 5;
    EXPECT_EQ(status().at("sandbox"), (json{{"seccomp", false}, {"landlock", 0}}));
    server.sandbox_seccomp = 1;
    server.sandbox_landlock = 2;
    EXPECT_EQ(status().at("sandbox"), (json{{"seccomp", true}, {"landlock", 2}}));
    EXPECT_EQ(status().at("connections"), (json{{"waiting", 0}, {"refused", 4}, {"limited", 5}}))
        << "waiting connections have ended with the supervisor";
    shm::claim_supervision(segment());
    EXPECT_EQ(status().at("connections"), (json{{"waiting", 3}, {"refused", 4}, {"limited", 5}}));
}

}  // namespace
}  // namespace belfry::test
