#include "client/tls_session.hpp"

#include "tests/support/certificates.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temp_dir.hpp"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <string>

namespace belfry::client {
namespace {

/// The server's end, in memory.
class TlsPeer {
  public:
    explicit TlsPeer(const test::KeyPair& certificate)
        : context_{SSL_CTX_new(TLS_server_method()), SSL_CTX_free}, session_{nullptr, SSL_free} {
        EXPECT_EQ(
            SSL_CTX_use_certificate_chain_file(context_.get(), certificate.certificate.c_str()), 1);
        EXPECT_EQ(
            SSL_CTX_use_PrivateKey_file(context_.get(), certificate.key.c_str(), SSL_FILETYPE_PEM),
            1);
        session_.reset(SSL_new(context_.get()));
        SSL_set_bio(session_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
        SSL_set_accept_state(session_.get());
    }

    /// Takes the bytes of the client, and returns what they say.
    std::string receive(std::string& encrypted) {
        BIO_write(SSL_get_rbio(session_.get()), encrypted.data(),
                  static_cast<int>(encrypted.size()));
        encrypted.clear();
        std::string text(100000, '\0');
        const int n = SSL_read(session_.get(), text.data(), static_cast<int>(text.size()));
        text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
        return text;
    }

    void write(std::string_view text) {
        EXPECT_GT(SSL_write(session_.get(), text.data(), static_cast<int>(text.size())), 0);
    }
    void close() { SSL_shutdown(session_.get()); }
    void update_keys() { EXPECT_EQ(SSL_key_update(session_.get(), SSL_KEY_UPDATE_REQUESTED), 1); }
    [[nodiscard]] bool was_closed() const {
        return (SSL_get_shutdown(session_.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
    }

    /// Returns the bytes for the client.
    std::string take() {
        char* bytes = nullptr;
        const auto size = BIO_get_mem_data(SSL_get_wbio(session_.get()), &bytes);
        std::string taken(bytes, static_cast<std::size_t>(size));
        static_cast<void>(BIO_reset(SSL_get_wbio(session_.get())));
        return taken;
    }

  private:
    std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context_;
    std::unique_ptr<SSL, void (*)(SSL*)> session_;
};

class TlsSessionTest : public ::testing::Test {
  protected:
    static void SetUpTestSuite() {
        certificates = std::make_unique<test::Certificates>();
        server = certificates->server();
    }
    static void TearDownTestSuite() { certificates.reset(); }

    /// Returns what the client reads from these bytes.
    std::string read(std::string_view bytes) {
        client.receive(bytes);
        std::string text;
        std::array<char, 1000> piece;
        while (const auto n = client.read(piece)) text.append(piece.data(), n);
        return text;
    }

    void shake_hands() {
        for (int flight = 0; flight < 4 && !client.is_established(); ++flight) {
            static_cast<void>(peer.receive(client.encrypted()));
            EXPECT_EQ(read(peer.take()), "");
        }
        static_cast<void>(peer.receive(client.encrypted()));
        EXPECT_EQ(read(peer.take()), "");
        ASSERT_TRUE(client.is_established());
    }

    static inline std::unique_ptr<test::Certificates> certificates;
    static inline test::KeyPair server;
    TlsPeer peer{server};
    TlsContext context{{.ca = certificates->authority(), .name = "", .certificate = "", .key = ""}};
    TlsSession client{context, "localhost"};
};

TEST_F(TlsSessionTest, ReadsWhatThePeerWroteHoweverTheBytesArrive) {
    shake_hands();
    peer.write("MSG 1 bob 1 5\r\nhello\r\n");
    peer.write(std::string(40000, 'x'));
    const std::string bytes = peer.take();
    std::string text;
    for (const char byte : bytes) text += read({&byte, 1});
    EXPECT_EQ(text, "MSG 1 bob 1 5\r\nhello\r\n" + std::string(40000, 'x'));
    EXPECT_FALSE(client.loss());
}

TEST_F(TlsSessionTest, WritesWhatThePeerReads) {
    shake_hands();
    client.write(std::string(16000, 'x'));
    EXPECT_EQ(peer.receive(client.encrypted()), std::string(16000, 'x'));
}

TEST_F(TlsSessionTest, NothingIsReadFromARecordThatIsTorn) {
    shake_hands();
    peer.write("MSG 1 bob 1 5\r\nhello\r\n");
    const std::string bytes = peer.take();
    EXPECT_EQ(read(bytes.substr(0, bytes.size() - 1)), "");
    EXPECT_FALSE(client.loss()) << "the socket reports the end";
}

TEST_F(TlsSessionTest, AChangedByteBreaksTheSession) {
    shake_hands();
    peer.write("MSG 1 bob 1 5\r\nhello\r\n");
    std::string bytes = peer.take();
    bytes.back() = static_cast<char>(bytes.back() ^ 1);
    EXPECT_EQ(read(bytes), "");
    ASSERT_TRUE(client.loss());
    EXPECT_EQ(client.loss()->kind, Loss::Kind::broken);
    EXPECT_NE(client.encrypted(), "") << "an alert for the peer";
}

TEST_F(TlsSessionTest, ThePeersEndComesAfterItsLastBytes) {
    shake_hands();
    peer.write("BYE quit\r\n");
    peer.close();
    EXPECT_EQ(read(peer.take()), "BYE quit\r\n");
    ASSERT_TRUE(client.loss());
    EXPECT_EQ(client.loss()->why, "closed by the server");
}

TEST_F(TlsSessionTest, ClosingTellsThePeer) {
    shake_hands();
    client.close();
    static_cast<void>(peer.receive(client.encrypted()));
    EXPECT_TRUE(peer.was_closed());
}

TEST_F(TlsSessionTest, NewKeysAreAnswered) {
    shake_hands();
    peer.update_keys();
    peer.write("a");
    EXPECT_EQ(read(peer.take()), "a");
    client.write("b");
    EXPECT_EQ(peer.receive(client.encrypted()), "b");
}

TEST_F(TlsSessionTest, AHandshakeThatBreaksOffAtAnyByteNeverEstablishesIt) {
    static_cast<void>(peer.receive(client.encrypted()));
    const std::string flight = peer.take();
    ASSERT_GT(flight.size(), 500u);
    for (std::size_t cut = 0; cut < flight.size(); ++cut) {
        EXPECT_EQ(read({&flight[cut], 1}), "");
        ASSERT_FALSE(client.loss());
        ASSERT_EQ(client.is_established(), cut + 1 == flight.size());
    }
}

TEST_F(TlsSessionTest, BytesThatAreNotTlsAreCalledThat) {
    EXPECT_EQ(read("ERR login-first - x\r\n"), "");
    ASSERT_TRUE(client.loss());
    EXPECT_EQ(client.loss()->kind, Loss::Kind::no_tls);
}

TEST_F(TlsSessionTest, AKeyWithAPassphraseIsRefusedWithoutAskingForIt) {
    const test::TempDir dir;
    const std::string key = dir.path() / "key.pem";
    ASSERT_EQ(test::run({.program = "/usr/bin/openssl",
                         .arguments = {"pkcs8", "-topk8", "-in", server.key.string(), "-out", key,
                                       "-passout", "pass:secret"}})
                  .status,
              0);
    EXPECT_THROW(TlsContext({.ca = "", .name = "", .certificate = server.certificate, .key = key}),
                 TlsFileError);
}

}  // namespace
}  // namespace belfry::client
