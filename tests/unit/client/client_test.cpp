#include "belfry/client.hpp"

#include "tests/support/fake_server.hpp"
#include "tests/support/forked_child.hpp"

#include <dirent.h>
#include <poll.h>

#include <gtest/gtest.h>

#include <future>
#include <mutex>
#include <string>
#include <vector>

/// A program that uses nothing but belfry/client.hpp. The test plays the server.
namespace belfry {
namespace {

using namespace std::chrono_literals;
using Lines = std::vector<std::string>;

std::string outcome_of(const Result<Receipt>& outcome) {
    if (!outcome) return outcome.error().code;
    return std::to_string(outcome->seq) + " is " + std::to_string(outcome->id);
}

std::size_t open_files() {
    std::size_t count = 0;
    DIR* const folder = ::opendir("/proc/self/fd");
    while (::readdir(folder) != nullptr) ++count;
    ::closedir(folder);
    return count;
}

class LibraryClient : public ::testing::Test {
  protected:
    Options options(Ack ack = Ack::taken) {
        return {
            .id = "1", .servers = {"tcp://127.0.0.1:" + std::to_string(server.port())}, .ack = ack};
    }

    Client client_with(Options wanted) {
        auto opened = Client::open(std::move(wanted));
        EXPECT_TRUE(opened);
        return std::move(*opened);
    }

    /// A client with a thread of its own.
    Client started(Options wanted) {
        Client client = client_with(std::move(wanted));
        client.start();
        return client;
    }

    void wait_for(Client& client, State state) {
        EXPECT_TRUE(test::eventually([&] { return client.state() == state; }));
    }

    test::FakeServer server;
};

TEST_F(LibraryClient, OptionsThatCannotBeUsedAreAnError) {
    const auto code_of = [](Options wanted) {
        const auto client = Client::open(std::move(wanted));
        return client ? "" : client.error().code + ": " + client.error().text;
    };
    EXPECT_EQ(code_of({.id = "a b", .servers = {"tcp://a:1"}}),
              "bad-option: 'a b' is not a client-id: 1 to 32 of A-Z a-z 0-9 _ . -");
    EXPECT_EQ(code_of({.id = "a", .servers = {}}), "bad-option: no server is given");
    EXPECT_EQ(code_of({.id = "a", .servers = {"tcp://a:1"}, .secret = Secret{""}}),
              "bad-option: a secret has 1 to 256 bytes without NUL");
    EXPECT_EQ(code_of({.id = "a", .servers = {"tls://a:1"}, .tls = {.ca = "/none"}}),
              "bad-option: cannot use the authorities in /none: No such file or directory");
}

TEST_F(LibraryClient, ReceivesMessagesInOrderAndAcknowledgesThemWhenItAsksForMore) {
    Client client = client_with(options());
    auto first = std::async(std::launch::async, [&] { return client.receive(); });
    test::FakeSession session = server.accept();
    session.let_in();
    session.say("MSG 1 bob 1700000000123 2\r\nhi\r\nMSG 2 eve 5 0\r\n\r\n");
    const auto message = first.get();
    ASSERT_TRUE(message);
    EXPECT_EQ(message->id, 1u);
    EXPECT_EQ(message->sender, "bob");
    EXPECT_EQ(message->time, 1700000000123u);
    EXPECT_EQ(message->payload, "hi");
    EXPECT_EQ(client.receive()->sender, "eve");
    EXPECT_EQ(client.receive(1ms).error().code, "timed-out");
    session.expect("ACK 2");
}

TEST_F(LibraryClient, CallsWithATimeoutOfZeroRunItToo) {
    Client client = client_with(options());
    const auto comes = [&](std::string_view payload) {
        return test::eventually([&] {
            const auto message = client.receive(0s);
            return message && message->payload == payload;
        });
    };
    auto session = std::async(std::launch::async, [&] {
        test::FakeSession accepted = server.accept();
        accepted.let_in();
        accepted.say("MSG 1 bob 5 2\r\nhi\r\n");
        return accepted;
    });
    EXPECT_TRUE(comes("hi"));
    test::FakeSession accepted = session.get();
    client.send("a");
    EXPECT_EQ(client.settle(0s).error().code, "timed-out");
    accepted.expect_send(1, "a");
}

TEST_F(LibraryClient, WithManualAckOnlyWhatTheProgramNamesIsAcknowledged) {
    Client client = started(options(Ack::manual));
    test::FakeSession session = server.accept();
    session.let_in();
    session.say("MSG 1 bob 5 1\r\na\r\nMSG 2 bob 5 1\r\nb\r\nMSG 3 bob 5 1\r\nc\r\n");
    EXPECT_EQ(client.receive()->id, 1u);
    EXPECT_EQ(client.receive()->id, 2u);
    client.ack(1);
    session.expect("ACK 1");
    client.ack(3);  // 3 has not been given to the program
    session.expect("ACK 2");
    session.close();
    test::FakeSession next = server.accept();
    next.let_in();  // the server has not seen the ACKs
    next.expect("ACK 2");
    next.say("MSG 1 bob 5 1\r\na\r\nMSG 2 bob 5 1\r\nb\r\nMSG 3 bob 5 1\r\nc\r\n");
    EXPECT_EQ(client.receive()->id, 3u);
}

TEST_F(LibraryClient, CallbacksAreCalledInTheOrderOfTheLog) {
    Client client = client_with(options());
    std::mutex mutex;
    Lines lines;
    const auto note = [&](std::string line) {
        const std::lock_guard lock{mutex};
        lines.push_back(std::move(line));
    };
    client.on_message([&](const Message& message) { note("message " + message.payload); });
    client.on_sent([&](const Sent& sent) { note("sent " + std::to_string(sent.seq)); });
    client.on_gap([&](const Gap& gap) { note("gap to " + std::to_string(gap.last)); });
    client.on_live([&](const Live& live) { note("live " + std::to_string(live.id)); });
    client.on_presence([&](const Presence& who) { note(who.id + (who.online ? " on" : " off")); });
    client.start();
    test::FakeSession session = server.accept();
    session.let_in();
    session.say("GAP 1 3\r\nMSG 4 bob 5 1\r\na\r\nSENT 7 5\r\nLIVE 5\r\nONLINE bob\r\n");
    session.expect("ACK 5");
    EXPECT_TRUE(test::eventually([&] {
        const std::lock_guard lock{mutex};
        return lines.size() == 5;
    }));
    EXPECT_EQ(lines, (Lines{"gap to 3", "message a", "sent 7", "live 5", "bob on"}));
}

TEST_F(LibraryClient, EachMessageSentHasOneOutcome) {
    Client client = started(options());
    std::mutex mutex;
    Lines outcomes;
    const auto note = [&](const Result<Receipt>& outcome) {
        const std::lock_guard lock{mutex};
        outcomes.push_back(outcome_of(outcome));
    };
    for (const char* text : {"a", "b", "c"}) client.send(text, note);
    client.send("too long", note);
    test::FakeSession session = server.accept();
    session.let_in(0, 0, "epoch=a1 max-payload=3");
    session.expect_send(1, "a");
    session.expect_send(2, "b");
    session.expect_send(3, "c");
    session.say("SENT 1 1\r\nDUP 2\r\nERR too-large 3 no\r\n");
    EXPECT_TRUE(client.settle(10s));
    const std::lock_guard lock{mutex};
    EXPECT_EQ(outcomes, (Lines{"too-large", "1 is 1", "2 is 0", "too-large"}));
    EXPECT_EQ(client.unsent(), 0u);
}

TEST_F(LibraryClient, AMessageOfAnEarlierRunKeepsItsSeq) {
    Client client = client_with(options());
    std::vector<std::uint64_t> seqs;
    const SendOptions remember{.on_seq = [&](std::uint64_t seq) { seqs.push_back(seq); }};
    client.send("old", {}, {.seq = 41});
    client.send("new", {}, remember);
    std::string outcome;
    client.send("too late", [&](const auto& what) { outcome = outcome_of(what); }, {.seq = 42});
    EXPECT_EQ(outcome, "bad-seq");
    client.start();
    test::FakeSession session = server.accept();
    session.let_in(40);
    session.expect_send(41, "old");
    session.expect_send(42, "new");
    client.close(0ms);
    EXPECT_EQ(seqs, std::vector<std::uint64_t>{42});
}

TEST_F(LibraryClient, QuestionsAreAskedAgainAfterALoss) {
    Client client = started(options());
    auto users = std::async(std::launch::async, [&] { return client.who(); });
    {
        test::FakeSession session = server.accept();
        session.let_in();
        session.expect("WHO");
        session.say("USER ann online cursor=0\r\n");
    }
    test::FakeSession session = server.accept();
    session.let_in();
    session.expect("WHO");
    session.say("USER ann online cursor=3\r\nUSER bob offline cursor=1\r\nEND\r\n");
    const auto answer = users.get();
    ASSERT_TRUE(answer);
    ASSERT_EQ(answer->size(), 2u);
    EXPECT_EQ(answer->at(0).cursor, 3u);
    EXPECT_FALSE(answer->at(1).online);
    auto history = std::async(std::launch::async, [&] { return client.history(1, 9); });
    session.expect("HISTORY 1 9");
    session.say("PAST 2 bob 5 2\r\nhi\r\nEND 2 2\r\n");
    const auto read = history.get();
    ASSERT_TRUE(read);
    EXPECT_EQ(read->messages.at(0).payload, "hi");
    EXPECT_EQ(read->last, 2u);
}

TEST_F(LibraryClient, ACallbackMayDoEverythingButWait) {
    Client client = client_with(options());
    std::promise<std::string> refused;
    client.on_state([&](const StateChange& change) {
        if (change.state == State::online) client.leave();
    });
    client.send("a", [&](const Result<Receipt>& outcome) {
        const auto answer = client.receive();
        refused.set_value(outcome_of(outcome) + ", " + answer.error().code);
        client.send("b",
                    [](const Result<Receipt>& late) { EXPECT_EQ(late.error().code, "closed"); });
        client.step();
        client.close();
    });
    client.start();
    test::FakeSession session = server.accept();
    session.let_in();
    session.say("LIVE 0\r\n");
    session.let_go();
    wait_for(client, State::stopped);
    EXPECT_EQ(refused.get_future().get(), "closed, in-callback");
}

TEST_F(LibraryClient, LeavingInTheMomentOfTheLoginEndsIt) {
    Client client = client_with(options());
    client.on_state([&](const StateChange& change) {
        if (change.state == State::online) client.leave();
    });
    client.start();
    test::FakeSession session = server.accept();
    session.let_in();
    session.let_go();
    wait_for(client, State::stopped);
    EXPECT_EQ(client.error().code, "closed");
}

TEST_F(LibraryClient, TriesAgainUnlessItIsToFailFast) {
    server.stop_listening();
    Options wanted = options();
    wanted.fail_fast = true;
    Client hasty = client_with(std::move(wanted));
    EXPECT_EQ(hasty.receive(10s).error().code, "unreachable");
    EXPECT_EQ(hasty.settle().has_value(), true);
    Client patient = started(options());
    wait_for(patient, State::waiting);
    EXPECT_EQ(patient.error().text, "Connection refused");
    server.listen_again();
    patient.connect();
    test::FakeSession session = server.accept();
    session.let_in();
    wait_for(patient, State::online);
}

TEST_F(LibraryClient, ALyingServerIsAnErrorAndNeverAHang) {
    for (const std::string lie : {"HELLO\r\nMSG\r\n", "SSH-2.0-OpenSSH\r\nMSG 1 b/b 5 0\r\n\r\n",
                                  "WELCOME ann\r\n", "END 1 x\r\n", "\x15\x03\x03"}) {
        Client client = client_with(options());
        auto received = std::async(std::launch::async, [&] { return client.receive(20s); });
        test::FakeSession session = server.accept();
        session.say(lie);
        const std::string code = received.get().error().code;
        EXPECT_EQ(code, lie.starts_with('\x15') ? "wants-tls" : "broken-server") << lie;
    }
    Client client = client_with(options());
    auto received = std::async(std::launch::async, [&] { return client.receive(20s); });
    test::FakeSession session = server.accept();
    session.let_in();
    session.say(
        "SENT 99 7\r\nEND 1 2\r\nUSER x online cursor=1\r\nPAST 1 b 5 1\r\nx\r\nDUP 3\r\n"
        "GAP 9 8\r\nLIVE 99999999\r\nERR store-failed 4 no\r\nERR bad-line - no\r\n"
        "MSG 1 b 5 1\r\nx\r\nMSG 100 b 5 4294967296\r\n");
    EXPECT_EQ(received.get().error().code, "broken-server");
}

TEST_F(LibraryClient, ASecretIsNotSentWithoutTlsToAnotherMachine) {
    Client client = client_with({.id = "1",
                                 .servers = {"tcp://192.0.2.7:5000"},
                                 .secret = Secret{"s3cret"},
                                 .fail_fast = true});
    const auto received = client.receive(20s);
    EXPECT_EQ(received.error().code, "unreachable");
    EXPECT_EQ(received.error().text, "a secret is sent to another machine only over TLS");
}

TEST_F(LibraryClient, ARefusedLoginMaySucceedLaterWithASecret) {
    Client client = started(options());
    test::FakeSession refused = server.accept();
    refused.expect("LOGIN 1 ack=manual");
    refused.say("ERR login-refused - no\r\n");
    wait_for(client, State::stopped);
    EXPECT_EQ(client.error().code, "needs-secret");
    client.set_secret(Secret{"a b"});
    client.connect();
    test::FakeSession session = server.accept();
    session.expect("LOGIN 1 ack=manual secret=a%20b");
    session.say("WELCOME 1 epoch=a cursor=7 last=9 seq=3 max-payload=10 server=belfry/1\r\n");
    wait_for(client, State::online);
    EXPECT_EQ(client.welcome()->cursor, 7u);
}

TEST_F(LibraryClient, AProgramsOwnEventLoopRunsIt) {
    Client client = client_with(options());
    std::string received;
    std::string outcome;
    client.on_message([&](const Message& message) { received = message.payload; });
    auto session = std::async(std::launch::async, [&] {
        test::FakeSession accepted = server.accept();
        accepted.let_in();
        accepted.expect_send(1, "hello");
        accepted.say("SENT 1 1\r\nMSG 2 bob 5 2\r\nhi\r\n");
        accepted.expect("ACK 2");
        return accepted;
    });
    client.send("hello", [&](const auto& what) { outcome = outcome_of(what); });
    EXPECT_TRUE(test::eventually([&] {
        pollfd ready{client.descriptor(), client.events(), 0};
        const bool is_due = client.deadline() && *client.deadline() <= Clock::now();
        client.step(::poll(&ready, 1, is_due ? 0 : 1) > 0);
        return session.wait_for(0s) == std::future_status::ready;
    }));
    EXPECT_EQ(received, "hi");
    EXPECT_EQ(outcome, "1 is 1");
}

TEST_F(LibraryClient, WhileTheProgramTakesNothingTheServerWaits) {
    Client client = started(options());
    test::FakeSession session = server.accept();
    session.let_in();
    // More than the kernel's buffers hold, so that say() returns only if the client reads.
    const std::string payload(60'000, 'x');
    auto saying = std::async(std::launch::async, [&] {
        for (int id = 1; id <= 1000; ++id) {
            session.say("MSG " + std::to_string(id) + " bob 5 60000\r\n" + payload + "\r\n");
        }
    });
    EXPECT_EQ(saying.wait_for(300ms), std::future_status::timeout);
    for (std::uint64_t id = 1; id <= 1000; ++id) {
        const auto message = client.receive(20s);
        ASSERT_TRUE(message) << message.error().text;
        EXPECT_EQ(message->id, id);
    }
    saying.get();
}

// `make check-asan` and `make check-valgrind` find what leaks in memory.
TEST_F(LibraryClient, ClosingAtAnyMomentLeaksNothing) {
    const std::size_t before = open_files();
    for (int moment = 0; moment < 6; ++moment) {
        test::FakeServer own;
        Options wanted = options();
        wanted.servers = {"tcp://127.0.0.1:" + std::to_string(own.port())};
        Client client = client_with(std::move(wanted));
        int failed = 0;
        client.send("a", [&](const auto& outcome) { failed += outcome ? 0 : 1; });
        client.history(1, 1, [&](const auto& outcome) { failed += outcome ? 0 : 1; });
        if (moment > 0) client.start();
        {
            std::optional<test::FakeSession> session;
            if (moment > 1) session.emplace(own.accept());
            if (moment > 2) session->let_in();
            if (moment > 3) session->say("PAST 1 b 5 1\r\nx\r\nMSG 1 b 5 100\r\nabc");
            EXPECT_EQ(client.receive(1ms).has_value(), false);
            if (moment < 5) {
                client.close(10ms);
                EXPECT_EQ(failed, 2);
            }
        }
    }
    EXPECT_EQ(open_files(), before);
}

TEST_F(LibraryClient, AForkedChildThatDestroysItsCopyDoesNotDisturbTheParent) {
    for (const bool has_thread : {false, true}) {
        std::optional<Client> client{client_with(options())};
        if (has_thread) client->start();
        auto session = std::async(std::launch::async, [&] {
            test::FakeSession accepted = server.accept();
            accepted.let_in();
            return accepted;
        });
        EXPECT_TRUE(test::eventually([&] {
            if (!has_thread) static_cast<void>(client->receive(1ms));
            return client->state() == State::online;
        }));
        test::ForkedChild child{[&] {
            client.reset();
            return has_thread ? test::become_another_program() : 0;
        }};
        EXPECT_EQ(child.wait(), 0);
        test::FakeSession accepted = session.get();
        accepted.say("MSG 1 bob 5 2\r\nhi\r\n");
        EXPECT_EQ(client->receive(20s)->payload, "hi");
    }
}

TEST_F(LibraryClient, ManyThreadsMaySend) {
    Client client = started(options());
    test::FakeSession session = server.accept();
    session.let_in();
    std::atomic<int> accepted = 0;
    {
        std::vector<std::jthread> threads;
        for (int thread = 0; thread < 4; ++thread) {
            threads.emplace_back([&] {
                for (int n = 0; n < 100; ++n) {
                    client.send("x", [&](const auto& outcome) { accepted += outcome ? 1 : 0; });
                }
            });
        }
    }
    for (std::uint64_t seq = 1; seq <= 400; ++seq) session.expect_send(seq, "x");
    for (int seq = 1; seq <= 400; ++seq) {
        session.say("SENT " + std::to_string(seq) + " " + std::to_string(seq) + "\r\n");
    }
    EXPECT_TRUE(client.settle(20s));
    EXPECT_EQ(accepted, 400);
}

}  // namespace
}  // namespace belfry
