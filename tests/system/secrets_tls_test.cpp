#include "tests/support/certificates.hpp"
#include "tests/support/process_memory.hpp"
#include "tests/support/secrets.hpp"
#include "tests/support/server.hpp"
#include "tests/support/tls_client.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>

/// Over TLS clients log in with a secret or a certificate.
namespace belfry::test {
namespace {

class SecretsTls : public ::testing::Test {
  protected:
    [[nodiscard]] ServerOptions options() const {
        ServerOptions options = with_clients(file_);
        options.more.insert(
            options.more.end(),
            {"--tls-port", "0", "--tls-cert", pair_.certificate.string(), "--tls-key",
             pair_.key.string(), "--tls-client-ca", certificates_.authority().string(),
             "--ring-size", "64K", "--max-payload", "1K"});
        return options;
    }

    [[nodiscard]] TlsClient connect(std::optional<KeyPair> certificate = {}) const {
        return TlsClient{{.port = server_.tls_port(),
                          .authority = certificates_.authority(),
                          .certificate = std::move(certificate)}};
    }

    void expect_answer(TlsClient client, const std::string& login, const std::string& verb) const {
        SCOPED_TRACE(login);
        client->send("LOGIN " + login + "\r\n");
        EXPECT_EQ(client->next().line.substr(0, verb.size()), verb);
    }

    ClientsFile file_{"ann:" + old_hash + "\nbob:" + new_hash + "\ndan:*\ncat\n"};
    Certificates certificates_;
    KeyPair pair_ = certificates_.server();
    Server server_{options()};
};

TEST_F(SecretsTls, ASecretOpensASession) {
    expect_answer(connect(), "ann secret=" + old_secret, "WELCOME ann ");
    expect_answer(connect(), "ann secret=wrong", "ERR login-refused ");
    expect_answer(connect(), "ann", "ERR login-refused ");
    expect_answer(connect(), "dan", "ERR login-refused ");
    expect_answer(connect(), "cat", "WELCOME cat ");
}

TEST_F(SecretsTls, ACertificateOpensTheSessionOfItsCommonName) {
    const KeyPair ann = certificates_.client("ann");
    const KeyPair dan = certificates_.client("dan");
    const KeyPair zoe = certificates_.client("zoe");
    expect_answer(connect(dan), "dan", "WELCOME dan ");
    expect_answer(connect(ann), "ann", "WELCOME ann ");
    expect_answer(connect(ann), "dan", "ERR login-refused ");
    expect_answer(connect(ann), "bob", "ERR login-refused ");
    expect_answer(connect(ann), "bob secret=" + new_secret, "WELCOME bob ");
    expect_answer(connect(zoe), "zoe", "ERR login-refused ");
}

TEST_F(SecretsTls, ASessionThatACertificateOpenedEndsWhenTheLineOfItsClientChanges) {
    TlsClient dan = connect(certificates_.client("dan"));
    static_cast<void>(dan->log_in_live("dan"));
    file_.write("ann:" + old_hash + "\nbob:" + new_hash + "\ndan:" + new_hash + "\ncat\n");
    ::kill(server_.pid(), SIGHUP);
    dan->expect("BYE shutting-down");
    dan->expect_closed();
}

TEST_F(SecretsTls, NoSecretAndNoPrivateKeyIsInTheMemoryOfSessionOrSupervisor) {
    TlsClient ann = connect();
    ann->send("LOGIN ann secret=" + old_secret + "\r\n");
    ann->read_until("LIVE");
    // The key in PEM form, and the beginning of its secret number in the form that OpenSSL uses.
    const std::string pem = read_file(pair_.key);
    const std::string line = lines_of(std::string_view{pem}).at(1);
    for (const pid_t pid : {server_.pid(), server_.child_of("ann")}) {
        const std::string memory = memory_of(pid);
        EXPECT_TRUE(has(memory, "dan")) << "the search finds nothing";
        for (const char* const part : secret_parts) EXPECT_FALSE(has(memory, part)) << part;
        EXPECT_FALSE(has(memory, line));
        EXPECT_FALSE(has(memory, "PRIVATE KEY"));
    }
}

}  // namespace
}  // namespace belfry::test
