#include "tests/support/certificates.hpp"
#include "tests/support/cluster.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/secrets.hpp"
#include "tests/support/shared_cluster.hpp"
#include "tests/support/tls_connection.hpp"
#include "tests/support/web_connection.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <optional>
#include <string>

/// Clients come to the nodes of a cluster by TLS, by WebSocket and with certificates.
namespace belfry::test {
namespace {

class ClusterGates : public ::testing::Test {
  protected:
    [[nodiscard]] RawClient connect_by_tls(std::size_t node, std::optional<KeyPair> own = {}) {
        return RawClient{cluster_.node(node).tls_port(),
                         TlsOptions{.authority = certificates_.authority(), .own = std::move(own)}};
    }
    [[nodiscard]] RawClient connect_by_web(std::size_t node) {
        return RawClient{cluster_.node(node).web_port(), WebOptions{}};
    }

    ClientsFile file_{"ann:" + old_hash + "\nbob:" + new_hash + "\ncat\n"};
    Certificates certificates_;
    KeyPair server_ = certificates_.server();
    Cluster cluster_{{.nodes = 2,
                      .client_ids = "",
                      .more = {"--clients", file_.path().string(), "--tls-port", "0", "--tls-cert",
                               server_.certificate.string(), "--tls-key", server_.key.string(),
                               "--tls-client-ca", certificates_.authority().string(), "--web-port",
                               "0", "--web-tls", "off"},
                      .etcd = {.servers = 1}}};
};

TEST_F(ClusterGates, SecretsAndCertificatesOpenOneSessionInTheWholeCluster) {
    RawClient witness = cluster_.node(1).log_in("cat");
    RawClient by_secret = connect_by_tls(0);
    static_cast<void>(by_secret.log_in_live("ann", "secret=" + old_secret));
    EXPECT_EQ(message_at(witness, say(by_secret, "by a secret")), "by a secret");

    RawClient stranger = connect_by_tls(1, certificates_.client("bob"));
    stranger.send("LOGIN ann\r\n");
    stranger.expect_error("login-refused");
    EXPECT_GT(say(by_secret, "still here"), 0U) << "the login was refused before it could count";

    RawClient by_certificate = connect_by_tls(1, certificates_.client("ann"));
    static_cast<void>(by_certificate.log_in_live("ann"));
    by_secret.expect("BYE taken-over");
    EXPECT_EQ(message_at(witness, say(by_certificate, "by a certificate")), "by a certificate");
    EXPECT_TRUE(eventually([&] {
        const auto seen = cluster_.node(0).client_status("ann");
        return seen.at("online") == true && seen.at("node") == "b";
    })) << cluster_.node(0).client_status("ann").dump();
    EXPECT_EQ(cluster_.node(1).client_status("ann").at("transport"), "tls");
}

TEST_F(ClusterGates, ABrowserMovesFromNodeToNode) {
    for (const std::size_t node : {0, 1}) {
        HttpClient http{cluster_.node(node).web_port()};
        EXPECT_EQ(http.get("/").status, 200);
    }
    RawClient witness = cluster_.node(0).log_in("cat");
    RawClient first = connect_by_web(0);
    static_cast<void>(first.log_in_live("bob", "secret=" + new_secret));
    const std::uint64_t id = say(first, "here");
    EXPECT_EQ(message_at(witness, id), "here");
    RawClient second = connect_by_web(1);
    static_cast<void>(second.log_in_live("bob", "secret=" + new_secret));
    first.expect("BYE taken-over");
    first.expect_closed();
    EXPECT_EQ(message_at(witness, say(second, "there")), "there");
    EXPECT_EQ(message_at(second, say(witness, "from another node")), "from another node");
    EXPECT_EQ(cluster_.node(1).client_status("bob").at("transport"), "web");
}

}  // namespace
}  // namespace belfry::test
