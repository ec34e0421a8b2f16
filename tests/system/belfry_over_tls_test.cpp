#include "tests/support/certificates.hpp"
#include "tests/support/server.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/support/terminal.hpp"

#include <signal.h>
#include <sys/stat.h>

#include <gtest/gtest.h>

#include <string>
#include <vector>

/// belfry and a real server with its gate. One client has a secret, another one a certificate.
namespace belfry::test {
namespace {

using Words = std::vector<std::string>;

class BelfryOverTls : public ::testing::Test {
  protected:
    [[nodiscard]] ServerOptions server_options() const {
        return {.client_ids = "eve",
                .more = {"--clients", clients_, "--tls-port", "0", "--tls-cert",
                         pair_.certificate.string(), "--tls-key", pair_.key.string(),
                         "--tls-client-ca", certificates_.authority().string()}};
    }

    [[nodiscard]] Invocation belfry(std::uint16_t port, const std::string& client_id,
                                    Words more = {}) const {
        Words words{"-client_id", client_id, "-port", std::to_string(port)};
        words.insert(words.end(), more.begin(), more.end());
        return {.program = program("belfry"), .arguments = words, .input = Input::pipe()};
    }

    [[nodiscard]] Words with_tls(Words more = {}) const {
        more.insert(more.end(), {"--tls-ca", certificates_.authority().string()});
        return more;
    }

    [[nodiscard]] std::string secret(const std::string& text) const {
        const std::string path = dir_.write(text, text + "\n").string();
        ::chmod(path.c_str(), 0600);
        return path;
    }

    /// Sends one line as this client, and returns how belfry ended.
    [[nodiscard]] Result say_hello(std::uint16_t port, const std::string& client_id,
                                   const Words& more) const {
        Invocation command = belfry(port, client_id, more);
        command.input = Input::file(line_);
        return run(command);
    }

    Certificates certificates_;
    KeyPair pair_ = certificates_.server();
    TempDir dir_;
    // The hash is that of "hush", made by `openssl passwd -6`.
    std::string clients_ = dir_.write("clients",
                                      "ann:$6$abcdefgh$Gwb/KPwDniyXVV9jwy4WCVT7wTdvxn23ofYfPBiJSS"
                                      "soB2vSXWMvHe4SJR1KiHAvz4inN/yrSvSCByKthsH8p.\n"
                                      "bob:*\n")
                               .string();
    std::string hush_ = secret("hush");
    std::string line_ = dir_.write("line", "hello\n").string();
    Server server_{server_options()};
};

TEST_F(BelfryOverTls, ASecretOpensASession) {
    RawClient eve = server_.log_in("eve");
    const Result result = say_hello(server_.tls_port(), "ann", with_tls({"--secret-file", hush_}));
    EXPECT_EQ(result.status, 0) << result.err;
    eve.expect_message(1, "ann", "hello");
}

TEST_F(BelfryOverTls, ACertificateOpensASessionWithoutASecret) {
    RawClient eve = server_.log_in("eve");
    const KeyPair bob = certificates_.client("bob");
    const Words shows_it =
        with_tls({"--tls-cert", bob.certificate.string(), "--tls-key", bob.key.string()});
    const Result result = say_hello(server_.tls_port(), "bob", shows_it);
    EXPECT_EQ(result.status, 0) << result.err;
    eve.expect_message(1, "bob", "hello");
    EXPECT_EQ(say_hello(server_.tls_port(), "bob", with_tls()).status, 3);
    EXPECT_EQ(say_hello(server_.tls_port(), "ann", shows_it).status, 3);
}

TEST_F(BelfryOverTls, AWrongOrMissingSecretIsRefusedInOneLine) {
    for (const Words& more : {Words{}, Words{"--secret-file", secret("wrong")}}) {
        const Result result = say_hello(server_.tls_port(), "ann", with_tls(more));
        EXPECT_EQ(result.status, 3);
        EXPECT_EQ(lines_of(result.err).size(), 1u) << result.err;
        EXPECT_NE(result.err.find("login-refused"), std::string::npos) << result.err;
    }
}

TEST_F(BelfryOverTls, ThePortsAreNotMixedUp) {
    const Result plain = say_hello(server_.tls_port(), "eve", {});
    EXPECT_EQ(plain.status, 4);
    EXPECT_NE(plain.err.find("TLS"), std::string::npos) << plain.err;
    const Result tls = say_hello(server_.port(), "eve", with_tls());
    EXPECT_EQ(tls.status, 4);
    EXPECT_NE(tls.err.find("speak TLS"), std::string::npos) << tls.err;
}

TEST_F(BelfryOverTls, APersonIsAskedForTheSecretAndTalks) {
    RawClient eve = server_.log_in("eve");
    Terminal terminal{belfry(server_.tls_port(), "ann", with_tls())};
    terminal.expect("Secret of ann:");
    terminal.enter("hush");
    terminal.expect("ann>");
    terminal.enter("hello");
    eve.expect_message(1, "ann", "hello");
    eve.send("SAY hello to you\r\n");
    terminal.expect("hello to you");
    terminal.press({"C-d"});
    EXPECT_EQ(terminal.wait(), 0);
    EXPECT_TRUE(terminal.has_its_modes_back());
}

TEST_F(BelfryOverTls, ALostConnectionIsMadeAgain) {
    RawClient eve = server_.log_in("eve");
    Process ann{belfry(server_.tls_port(), "ann", with_tls({"--secret-file", hush_}))};
    ann.write("one\n");
    eve.expect_message(1, "ann", "one");
    ::kill(server_.child_of("ann"), SIGKILL);
    ann.write("two\n");
    eve.expect_message(2, "ann", "two");
    ann.close_input();
    EXPECT_EQ(ann.wait(), 0) << ann.err();
}

}  // namespace
}  // namespace belfry::test
