#include "tests/support/secrets.hpp"
#include "tests/support/server.hpp"

#include <gtest/gtest.h>

#include <regex>
#include <string>
#include <vector>

/// TLS as programs see it that know nothing of Belfry: openssl, sslscan, and Python's module ssl.
namespace belfry::test {
namespace {

/// The result of one `openssl s_client`.
struct Handshake {
    int status;
    std::string text;  ///< everything that it has printed

    [[nodiscard]] bool says(const std::string& part) const {
        return text.find(part) != std::string::npos;
    }
    [[nodiscard]] std::size_t count(const std::string& part) const {
        std::size_t found = 0;
        for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
            ++found;
        }
        return found;
    }
};

class GateInterop : public ::testing::Test {
  protected:
    [[nodiscard]] std::string address() const {
        return "127.0.0.1:" + std::to_string(server_.tls_port());
    }

    [[nodiscard]] std::vector<std::string> s_client(const std::vector<std::string>& more) const {
        std::vector<std::string> arguments{"s_client", "-connect", address(), "-CAfile",
                                           certificates_.authority()};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return arguments;
    }

    /// Connects, and closes the connection after the handshake.
    [[nodiscard]] Handshake handshake(const std::vector<std::string>& more) const {
        const Result result = run({.program = "/usr/bin/openssl", .arguments = s_client(more)});
        return {result.status, result.out + result.err};
    }

    Certificates certificates_;
    KeyPair pair_ = certificates_.server();
    ClientsFile clients_{"ann:" + old_hash + "\nbob\n"};
    Server server_{[this] {
        ServerOptions options = with_clients(clients_);
        options.more.insert(options.more.end(), {"--tls-port", "0", "--tls-cert", pair_.certificate,
                                                 "--tls-key", pair_.key});
        return options;
    }()};
};

TEST_F(GateInterop, OnlyTls12And13AreSpoken) {
    for (const std::string version : {"-tls1", "-tls1_1"}) {
        const Handshake old = handshake({version, "-cipher", "ALL:@SECLEVEL=0"});
        EXPECT_NE(old.status, 0);
        EXPECT_TRUE(old.says("alert protocol version")) << version << "\n" << old.text;
    }
    for (const std::string version : {"-tls1_2", "-tls1_3"}) {
        const Handshake current = handshake({version});
        EXPECT_EQ(current.status, 0);
        EXPECT_TRUE(current.says("Verify return code: 0 (ok)")) << version << "\n" << current.text;
        EXPECT_TRUE(current.says("Compression: NONE")) << current.text;
    }
}

TEST_F(GateInterop, CiphersWithoutEncryptionOrAuthenticationAreRefused) {
    const Handshake weak = handshake({"-tls1_2", "-cipher", "NULL:aNULL:@SECLEVEL=0"});
    EXPECT_NE(weak.status, 0);
    EXPECT_TRUE(weak.says("alert handshake failure")) << weak.text;
}

TEST_F(GateInterop, NoSessionIsResumed) {
    const Handshake again = handshake({"-tls1_2", "-reconnect"});
    EXPECT_EQ(again.status, 0);
    EXPECT_EQ(again.count("New, TLSv1.2, "), 6U) << again.text;
    EXPECT_EQ(again.count("Reused, "), 0U) << again.text;
    EXPECT_FALSE(again.says("session ticket")) << again.text;
    const Handshake newest = handshake({"-tls1_3"});
    EXPECT_TRUE(newest.says("New, TLSv1.3, ")) << newest.text;
    EXPECT_FALSE(newest.says("New Session Ticket arrived")) << newest.text;
}

TEST_F(GateInterop, ARenegotiationIsRefused) {
    Process client{{.program = "/usr/bin/openssl",
                    .arguments = s_client({"-tls1_2"}),
                    .input = Input::pipe()}};
    client.write("LOGIN bob\r\n");
    ASSERT_TRUE(eventually([&] { return client.out().find("LIVE 0") != std::string::npos; }));
    client.write("R\n");  // a command of s_client
    EXPECT_NE(client.wait(), 0);
    EXPECT_NE(client.err().find("RENEGOTIATING"), std::string::npos) << client.err();
    EXPECT_NE(client.err().find("no renegotiation"), std::string::npos) << client.err();
}

TEST_F(GateInterop, AScannerFindsNoOldProtocolAndNoWeakCipher) {
    const Result scan =
        run({.program = "/usr/bin/sslscan", .arguments = {"--no-colour", address()}});
    EXPECT_EQ(scan.status, 0) << scan.err;
    for (const std::string old : {"SSLv2  ", "SSLv3  ", "TLSv1.0", "TLSv1.1"}) {
        EXPECT_NE(scan.out.find(old + "   disabled"), std::string::npos) << old << scan.out;
    }
    for (const std::string now : {"TLSv1.2", "TLSv1.3"}) {
        EXPECT_NE(scan.out.find(now + "   enabled"), std::string::npos) << now << scan.out;
    }
    EXPECT_NE(scan.out.find("Session renegotiation not supported"), std::string::npos) << scan.out;
    std::size_t ciphers = 0;
    const std::regex cipher{R"((?:Accepted|Preferred)\s+(\S+)\s+(\d+) bits\s+(\S+))"};
    for (std::sregex_iterator found{scan.out.begin(), scan.out.end(), cipher}, end; found != end;
         ++found, ++ciphers) {
        EXPECT_GE(std::stoi((*found)[2]), 128) << found->str();
        EXPECT_FALSE(std::regex_search(found->str(), std::regex{"NULL|anon|RC4|DES|MD5|EXP"}))
            << found->str();
    }
    EXPECT_GE(ciphers, 3U) << scan.out;
}

/// Logs in as ann, sends a message, and prints what bob has sent.
constexpr const char* python_client = R"(
import socket, ssl, sys
context = ssl.create_default_context(cafile=sys.argv[2])
plain = socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=30)
with context.wrap_socket(plain, server_hostname="localhost") as tls:
    lines = tls.makefile("rwb", buffering=0)
    lines.write(b"LOGIN ann secret=" + sys.argv[3].encode() + b"\r\nSEND 1 5\r\nhello\r\n")
    for line in lines:
        print(tls.version(), line.decode().rstrip(), flush=True)
        if line.startswith(b"MSG "):
            print(lines.readline().decode().rstrip(), flush=True)
            lines.write(b"QUIT\r\n")
)";

TEST_F(GateInterop, AProgramInPythonLogsInWithItsSecretSendsAndReceives) {
    Process python{{.program = "/usr/bin/python3",
                    .arguments = {"-c", python_client, std::to_string(server_.tls_port()),
                                  certificates_.authority(), old_secret}}};
    ASSERT_TRUE(eventually([&] { return python.out().find("SENT 1 1") != std::string::npos; }))
        << python.err();
    RawClient bob = server_.log_in("bob");
    bob.send("SAY hi\r\n");
    EXPECT_EQ(python.wait(), 0) << python.err();
    EXPECT_NE(python.out().find("TLSv1.3 WELCOME ann "), std::string::npos) << python.out();
    EXPECT_NE(python.out().find("TLSv1.3 MSG 2 bob "), std::string::npos) << python.out();
    EXPECT_NE(python.out().find("\nhi\n"), std::string::npos) << python.out();
    EXPECT_NE(python.out().find("TLSv1.3 BYE quit"), std::string::npos) << python.out();
}

}  // namespace
}  // namespace belfry::test
