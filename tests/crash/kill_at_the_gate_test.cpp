#include "tests/support/crash/crowd.hpp"
#include "tests/support/failure.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <ostream>
#include <string>
#include <string_view>

/// Six clients send and receive, three of them by TLS, while the processes between a TLS client and
/// the log are killed. The judge compares what the clients received; it does not look inside the
/// server.
namespace belfry::test {
namespace {

using std::chrono::microseconds;

constexpr std::string_view session_title = "belfryd: client ";

/// True if the session serves one of the clients that connect by TLS. Their ids have one digit.
bool is_behind_relay(const ProcessInfo& process) {
    constexpr char last_plain_client = '0' + Crowd::plain_clients;
    const std::string title = title_of(process.pid);
    return title.starts_with(session_title) && title[session_title.size()] > last_plain_client;
}

bool is_relay(const ProcessInfo& process) {
    return title_of(process.pid).starts_with("belfry-gate: tls");
}

/// Kills what serves the TLS clients of a crowd, and knows how many connections must have broken.
class GateKiller {
  public:
    explicit GateKiller(Crowd& crowd) : crowd_{&crowd} {}

    void kill_any() {
        std::discrete_distribution<int> any{{3, 3, 3, 1}};
        switch (any(crowd_->random())) {
            case 0:
                return kill_relay();
            case 1:
                return kill_session();
            case 2:
                return kill_gate();
            default:
                return kill_supervisor();
        }
    }

    /// Waits until each client is online, and has one session and at most one relay. A process that
    /// is chosen then serves a connection that nothing else breaks.
    void wait_until_settled() const {
        const auto is_settled = [this] {
            return crowd_->breaks() == broken() && crowd_->is_live() &&
                   crowd_->server().sessions().size() == Crowd::size &&
                   crowd_->server().relays().size() == Crowd::size - Crowd::plain_clients;
        };
        if (eventually([&] { return crowd_->has_faults() || is_settled(); })) return;
        throw Failure("broken connections: " + std::to_string(crowd_->breaks()) +
                      ", expected: " + std::to_string(broken()) +
                      ", sessions: " + std::to_string(crowd_->server().sessions().size()) +
                      ", relays: " + std::to_string(crowd_->server().relays().size()));
    }

    [[nodiscard]] std::uint64_t kills() const { return broken() + gates_ + supervisors_; }

    /// Returns how many connections must have broken: one for each relay and session.
    [[nodiscard]] std::uint64_t broken() const { return relays_ + sessions_; }

    friend std::ostream& operator<<(std::ostream& out, const GateKiller& killed) {
        return out << "relays=" << killed.relays_ << " sessions=" << killed.sessions_
                   << " gates=" << killed.gates_ << " supervisors=" << killed.supervisors_;
    }

  private:
    void kill_relay() {
        wait_until_settled();
        crowd_->kill(crowd_->choose_victim(is_relay));
        ++relays_;
    }

    void kill_session() {
        wait_until_settled();
        crowd_->kill(crowd_->choose_victim(is_behind_relay));
        ++sessions_;
    }

    /// Clients may be on their way through the gate.
    void kill_gate() {
        const pid_t supervisor = crowd_->server().pid();
        // A relay has the gate's title for a moment.
        crowd_->kill(crowd_->choose_victim([=](const ProcessInfo& process) {
            return process.parent == supervisor && title_of(process.pid) == "belfry-gate: gate";
        }));
        ++gates_;
    }

    /// In half of the cases, a relay or a session dies before the next supervisor starts.
    void kill_supervisor() {
        wait_until_settled();
        crowd_->server().kill_supervisor();
        ++supervisors_;
        crowd_->pause(microseconds{20'000});
        std::discrete_distribution<int> any{{2, 1, 1}};
        const int also = any(crowd_->random());
        if (also == 1) kill_relay();
        if (also == 2) kill_session();
        crowd_->server().start();
        crowd_->server_moved();
    }

    Crowd* crowd_;
    std::uint64_t relays_ = 0;
    std::uint64_t sessions_ = 0;
    std::uint64_t gates_ = 0;
    std::uint64_t supervisors_ = 0;
};

TEST(KillAtTheGate, NoMessageIsLostDuplicatedTornOrReorderedAndNobodyElseIsDisconnected) {
    constexpr std::uint64_t kills = 200;
    Crowd crowd{{.has_gate = true}};
    GateKiller killer{crowd};
    while (killer.kills() < kills && !crowd.has_faults()) {
        crowd.pause(microseconds{8000});
        killer.kill_any();
    }
    killer.wait_until_settled();
    const Verdict verdict = crowd.finish();
    EXPECT_EQ(crowd.breaks(), killer.broken());
    std::cout << "killed: " << killer << " " << verdict << "\n";

    // The clients have gone, so only the gate is left.
    Server& server = crowd.server();
    EXPECT_TRUE(eventually([&] { return server.children().size() == 1; }));
    EXPECT_EQ(server.stop(), 0) << server.errors();
    EXPECT_TRUE(server.all_processes().empty());
    EXPECT_FALSE(server.segment());
}

}  // namespace
}  // namespace belfry::test
