#include "tests/support/gate_test.hpp"
#include "tests/support/key_traces.hpp"
#include "tests/support/process_memory.hpp"
#include "tests/support/raw_client.hpp"
#include "tests/support/running_gate.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

/// What somebody could take from a gate or from a relay.
namespace belfry::test {
namespace {

namespace fs = std::filesystem;

class GateSecurity : public GateTest {
  protected:
    /// Expects that the gate has the key in memory, and that a relay after its handshake has not.
    static void expect_key_is_gone(const KeyPair& pair);
};

void GateSecurity::expect_key_is_gone(const KeyPair& pair) {
    RunningGate gate{pair};
    EXPECT_TRUE(gate.next_report().starts_with("ready "));
    RawClient client{gate.port(), tls()};
    PlayedSession session = gate.accept_client();
    client.send("PING a\r\n");
    EXPECT_EQ(session.read(8), "PING a\r\n");

    const auto traces = traces_of_key(pair.key);
    const std::string in_gate = memory_of(gate.process().pid());
    const std::string in_relay = memory_of(gate.relays().at(0));
    const auto is_in = [](const std::string& memory) {
        return
            [&memory](const std::string& trace) { return memory.find(trace) != std::string::npos; };
    };
    ASSERT_GE(traces.size(), 5U);
    EXPECT_TRUE(std::ranges::any_of(traces, is_in(in_gate))) << "the search finds nothing";
    EXPECT_EQ(std::ranges::count_if(traces, is_in(in_relay)), 0);
    EXPECT_FALSE(is_in(in_gate)(traces.front())) << "the gate keeps the text of the file";
}

TEST_F(GateSecurity, AnIdleRelayHasNoKeyOfP256) {
    expect_key_is_gone(server());
}

TEST_F(GateSecurity, AnIdleRelayHasNoKeyOfRsa) {
    expect_key_is_gone(certificates().server_with_rsa("rsa"));
}

TEST_F(GateSecurity, AnIdleRelayHasNoSecretOfItsClient) {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        RunningGate gate{server()};
        EXPECT_TRUE(gate.next_report().starts_with("ready "));
        TlsOptions options = tls();
        options.max_version = version;
        RawClient client{gate.port(), options};
        PlayedSession session = gate.accept_client();
        const std::string line = "LOGIN ann secret=" + std::string(100, 'q') + "\r\n";
        client.send(line);
        EXPECT_EQ(session.read(line.size()), line);
        session.send("WELCOME ann epoch=1 cursor=0 last=0 seq=0 max-payload=1 server=belfry/1\r\n");
        client.expect_verb("WELCOME");
        const std::string memory = memory_of(gate.relays().at(0));
        EXPECT_TRUE(has(memory, "WELCOME ")) << "the search finds nothing";
        EXPECT_FALSE(has(memory, std::string(20, 'q'))) << version;
    }
}

TEST_F(GateSecurity, GateAndRelaysAreInTheirSandbox) {
    RunningGate gate{server()};
    EXPECT_TRUE(gate.next_report().starts_with("ready "));
    const RawClient client{gate.port(), tls()};
    const PlayedSession session = gate.accept_client();
    for (const pid_t pid : {gate.process().pid(), gate.relays().at(0)}) {
        const std::string status = read_file("/proc/" + std::to_string(pid) + "/status");
        EXPECT_NE(status.find("\nSeccomp:\t2\n"), std::string::npos) << status;
        EXPECT_NE(status.find("\nNoNewPrivs:\t1\n"), std::string::npos) << status;
    }
}

TEST_F(GateSecurity, ARelayHasNoSocketsButItsOwnTwo) {
    RunningGate gate{server()};
    EXPECT_TRUE(gate.next_report().starts_with("ready "));
    RawClient client{gate.port(), tls()};
    PlayedSession session = gate.accept_client();
    // After a login it needs the pipe to the gate no more.
    session.send("WELCOME ann epoch=1 cursor=0 last=0 seq=0 max-payload=1 server=belfry/1\r\n");
    client.expect_verb("WELCOME");
    std::vector<std::string> others;
    std::size_t sockets = 0;
    for (const auto& entry :
         fs::directory_iterator{"/proc/" + std::to_string(gate.relays().at(0)) + "/fd"}) {
        const std::string target = fs::read_symlink(entry.path());
        if (std::stoi(entry.path().filename()) <= 2) continue;
        if (target.starts_with("socket:")) {
            ++sockets;
        } else if (!target.starts_with("anon_inode:")) {
            others.push_back(target);
        }
    }
    EXPECT_EQ(sockets, 2U);
    EXPECT_EQ(others, std::vector<std::string>{});
}

}  // namespace
}  // namespace belfry::test
