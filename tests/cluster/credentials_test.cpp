#include "tests/cluster/refusals.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/cluster.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <string>
#include <string_view>
#include <thread>

/// Certificates expire while the cluster runs, and are replaced.
namespace belfry::test {
namespace {

using namespace std::chrono_literals;

class ClusterCredentials : public ::testing::Test {
  protected:
    /// Expects that a node does not reach etcd, and says why in one line.
    void expect_outage(std::size_t node, std::string_view why) {
        EXPECT_TRUE(cluster_.will_be(node, "no-engine"));
        const auto lines = lines_of(cluster_.node(node).errors());
        const auto found = std::ranges::find_if(
            lines, [](const auto& line) { return line.find("has not answered") != line.npos; });
        ASSERT_NE(found, lines.end()) << cluster_.node(node).errors();
        EXPECT_NE(found->find(why), found->npos) << *found;
        std::cout << *found << "\n";
        expect_no_login(cluster_.node(node), "6");
    }

    /// Expects that a client can read a message again.
    static void expect_readable(RawClient& reader, std::uint64_t id) {
        EXPECT_EQ(history(reader, id, 1).size(), 2U);
        reader.expect_pong();
    }

    /// Sends a message again until it is accepted. Expects that each message that was accepted
    /// before it got one id, and that everybody has all of them.
    void expect_to_go_on(Sender& sender, std::uint64_t refused, std::uint64_t last_id,
                         RawClient& reader) {
        const std::uint64_t id = send_until_sent(sender.client, refused);
        EXPECT_EQ(id - last_id, refused - sender.seq + 1);
        reader.read_until_id(id);
        cluster_.wait_until_equal();
        EXPECT_EQ(cluster_.stored_id(0), id);
        EXPECT_EQ(cluster_.differences(), "");
    }

    Certificates certificates_;
    Cluster cluster_{{.etcd = {.certificates = &certificates_}}};
};

TEST_F(ClusterCredentials, ANodeWhoseCertificateExpiresRefusesUntilItHasANewOne) {
    Sender sender = sender_at(cluster_.node(0), "1");
    RawClient reader = cluster_.node(0).log_in("2");
    Sender other = sender_at(cluster_.node(1), "3");
    constexpr std::chrono::seconds lifetime{6};
    const auto expires = Clock::now() + lifetime + 1s;
    const KeyPair own = certificates_.client(Cluster::name_of(0), lifetime);
    std::this_thread::sleep_until(expires);
    // The connections that etcd has accepted stay.
    reader.read_until_id(send_until_sent(sender.client, sender.seq++));

    cluster_.reset_connections(0);
    const std::uint64_t refused = send_until_refused(sender.client, sender.seq);
    expect_outage(0, "the certificate " + own.certificate.string() + " has expired");
    const std::uint64_t last_id = send_until_sent(other.client, other.seq);
    expect_readable(reader, 1);
    static_cast<void>(certificates_.client(Cluster::name_of(0)));
    expect_to_go_on(sender, refused, last_id, reader);
}

TEST_F(ClusterCredentials, WhileTheCertificateOfEtcdHasExpiredAllNodesRefuse) {
    Sender sender = sender_at(cluster_.node(0), "1");
    RawClient reader = cluster_.node(1).log_in("2");
    const std::uint64_t last_id = send_until_sent(sender.client, sender.seq++);
    reader.read_until_id(last_id);
    static_cast<void>(certificates_.server("etcd", -1));
    for (std::size_t node = 0; node < 3; ++node) cluster_.reset_connections(node);
    const std::uint64_t refused = send_until_refused(sender.client, sender.seq);
    for (std::size_t node = 0; node < 3; ++node)
        expect_outage(node, ": certificate verify failed)");
    expect_readable(reader, last_id);
    static_cast<void>(certificates_.server("etcd"));
    expect_to_go_on(sender, refused, last_id, reader);
}

}  // namespace
}  // namespace belfry::test
