#include "tests/support/gate_test.hpp"
#include "tests/support/raw_client.hpp"
#include "tests/support/running_gate.hpp"
#include "wire/proxy_header.hpp"

#include <signal.h>
#include <sys/stat.h>

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

namespace belfry::test {
namespace {

/// What a gate does with the certificates that it is given.
class GateCertificate : public GateTest {
  protected:
    /// Expects that a gate with these files ends with an error that contains the text, and that
    /// `--check` says the same.
    static void expect_refused(const KeyPair& files, std::string_view text,
                               const std::vector<std::string>& more = {}) {
        RunningGate gate{files, more};
        const std::string report = gate.next_report();
        EXPECT_TRUE(report.starts_with("error ")) << report;
        EXPECT_NE(report.find(text), std::string::npos) << report;
        EXPECT_EQ(gate.process().wait(), 2);
        EXPECT_EQ(gate.process().err(), "");

        const Result checked = check(files, more);
        EXPECT_EQ(checked.status, 2);
        EXPECT_EQ(checked.err, "belfry-gate: " + report.substr(6) + "\n");
        EXPECT_EQ(checked.out, "");
    }
    static Result check(const KeyPair& files, const std::vector<std::string>& more = {}) {
        std::vector<std::string> arguments{"--check", "--tls-cert", files.certificate, "--tls-key",
                                           files.key};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return run({.program = program("belfry-gate"), .arguments = arguments});
    }
    static void cut_in_half(const std::filesystem::path& file) {
        std::filesystem::resize_file(file, std::filesystem::file_size(file) / 2);
    }
    static KeyPair copy(const KeyPair& from, const std::filesystem::path& folder) {
        const KeyPair to{folder / "copy.pem", folder / "copy.key"};
        const auto overwrite = std::filesystem::copy_options::overwrite_existing;
        std::filesystem::copy_file(from.certificate, to.certificate, overwrite);
        std::filesystem::copy_file(from.key, to.key, overwrite);
        return to;
    }
    /// Returns the name in the client's certificate that belfryd is told.
    static std::string name_told(RunningGate& gate) {
        const std::string header = gate.accept().read_header();
        return std::string{wire::parse_proxy_header(header).value().header.tls->common_name};
    }

    TempDir folder_;
};

TEST_F(GateCertificate, IsChecked) {
    const Result result = check(server());
    EXPECT_EQ(result.status, 0);
    EXPECT_EQ(result.err, "");
}

TEST_F(GateCertificate, IsRefusedIfItHasExpired) {
    expect_refused(certificates().server("expired", -1), "expired.pem has expired");
}

TEST_F(GateCertificate, IsRefusedIfItIsSelfSigned) {
    expect_refused(certificates().self_signed("own"), "own.pem is self-signed");
}

TEST_F(GateCertificate, IsRefusedIfItIsForClients) {
    expect_refused(certificates().client("ann"), "ann.pem is not a certificate for servers");
}

TEST_F(GateCertificate, IsRefusedIfTheKeyBelongsToAnother) {
    const KeyPair other = certificates().server("other");
    expect_refused({server().certificate, other.key},
                   "other.key does not belong to the certificate in");
}

TEST_F(GateCertificate, IsRefusedIfItIsHalfWritten) {
    const KeyPair files = copy(server(), folder_.path());
    cut_in_half(files.certificate);
    expect_refused(files, "copy.pem holds no complete certificate");
}

TEST_F(GateCertificate, IsRefusedIfTheSecondOneInTheFileIsHalfWritten) {
    const KeyPair files = copy(server(), folder_.path());
    const std::string one = read_file(files.certificate);
    static_cast<void>(folder_.write("copy.pem", one + one.substr(0, one.size() / 2)));
    expect_refused(files, "copy.pem holds no complete certificate");
}

TEST_F(GateCertificate, IsRefusedIfTheKeyIsHalfWritten) {
    const KeyPair files = copy(server(), folder_.path());
    cut_in_half(files.key);
    expect_refused(files, "copy.key holds no complete private key");
}

TEST_F(GateCertificate, IsRefusedIfItIsMissing) {
    expect_refused({folder_.path() / "none.pem", server().key},
                   "none.pem: No such file or directory");
    expect_refused({server().certificate, folder_.path() / "none.key"},
                   "none.key: No such file or directory");
}

TEST_F(GateCertificate, IsRefusedIfEverybodyMayReadTheKey) {
    const KeyPair files = copy(server(), folder_.path());
    ::chmod(files.key.c_str(), 0644);
    expect_refused(files, "copy.key may be read");
    ::chmod(files.key.c_str(), 0640);
    EXPECT_EQ(check(files).status, 0);
}

TEST_F(GateCertificate, OfClientsIsRefusedIfTheAuthorityIsMissing) {
    expect_refused(server(), "none.pem: No such file",
                   {"--tls-client-ca", folder_.path() / "none.pem"});
}

TEST_F(GateCertificate, IsLoadedAgain) {
    const KeyPair files = copy(certificates().server("first", 10), folder_.path());
    RunningGate gate{files};
    const std::string first = gate.next_report();
    RawClient before{gate.port(), tls()};
    PlayedSession session = gate.accept_client();

    static_cast<void>(copy(certificates().server("second", 20), folder_.path()));
    gate.process().signal(SIGHUP);
    const std::string second = gate.next_report();
    EXPECT_TRUE(second.starts_with("ready "));
    EXPECT_EQ((std::stol(second.substr(6)) - std::stol(first.substr(6)) + 43'200) / 86'400, 10);

    RawClient after{gate.port(), tls()};
    PlayedSession session_after = gate.accept_client();
    session.send("BYE a\r\n");
    before.expect("BYE a");
}

TEST_F(GateCertificate, IsKeptIfTheNewOneCannotBeUsed) {
    const KeyPair files = copy(server(), folder_.path());
    RunningGate gate{files};
    EXPECT_TRUE(gate.next_report().starts_with("ready "));
    cut_in_half(files.key);
    gate.process().signal(SIGHUP);
    const std::string report = gate.next_report();
    EXPECT_TRUE(report.starts_with("kept ")) << report;
    EXPECT_NE(report.find("copy.key holds no complete private key"), std::string::npos) << report;
    const RawClient client{gate.port(), tls()};
    const PlayedSession session = gate.accept_client();
}

TEST_F(GateCertificate, OfAClientNamesItToBelfryd) {
    RunningGate gate{server(), {"--tls-client-ca", certificates().authority()}};
    EXPECT_TRUE(gate.next_report().starts_with("ready "));
    TlsOptions with_own = tls();
    with_own.own = certificates().client("ann");
    const RawClient client{gate.port(), with_own};
    EXPECT_EQ(name_told(gate), "ann");
}

TEST_F(GateCertificate, OfAClientMayBeMissing) {
    RunningGate gate{server(), {"--tls-client-ca", certificates().authority()}};
    EXPECT_TRUE(gate.next_report().starts_with("ready "));
    const RawClient client{gate.port(), tls()};
    EXPECT_EQ(name_told(gate), "");
}

TEST_F(GateCertificate, OfAClientIsNotNamedWithoutAnAuthority) {
    RunningGate gate{server()};
    EXPECT_TRUE(gate.next_report().starts_with("ready "));
    TlsOptions with_own = tls();
    with_own.own = certificates().client("ann");
    const RawClient client{gate.port(), with_own};
    EXPECT_EQ(name_told(gate), "");
}

/// Expects that the handshake of a client fails. With TLS 1.3 a client learns of it only when it
/// reads.
void expect_handshake_refused(RunningGate& gate, TlsOptions tls) {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        tls.max_version = version;
        try {
            RawClient client{gate.port(), tls};
            EXPECT_TRUE(client.read_to_the_end().empty());
        } catch (const HandshakeFailed&) {
        }
        EXPECT_EQ(gate.accept().read_to_the_end(), "");
    }
}

TEST_F(GateCertificate, OfAClientIsRefusedIfAnotherAuthorityHasSignedIt) {
    const Certificates others;
    RunningGate gate{server(), {"--tls-client-ca", certificates().authority()}};
    EXPECT_TRUE(gate.next_report().starts_with("ready "));
    TlsOptions with_other = tls();
    with_other.own = others.client("ann");
    expect_handshake_refused(gate, with_other);
}

TEST_F(GateCertificate, OfAClientIsRefusedIfItWasRevoked) {
    const KeyPair ann = certificates().client("ann");
    const auto revoked = certificates().revoke(ann);
    RunningGate gate{server(),
                     {"--tls-client-ca", certificates().authority(), "--tls-client-crl", revoked}};
    EXPECT_TRUE(gate.next_report().starts_with("ready "));
    TlsOptions with_own = tls();
    with_own.own = ann;
    expect_handshake_refused(gate, with_own);
    with_own.own = certificates().client("bob");
    const RawClient client{gate.port(), with_own};
    EXPECT_EQ(name_told(gate), "bob");
}

}  // namespace
}  // namespace belfry::test
