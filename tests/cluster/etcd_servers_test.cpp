#include "tests/support/etcd_servers.hpp"

#include <gtest/gtest.h>

/// The servers that the other tests of this folder rely on.
namespace belfry::test {
namespace {

TEST(EtcdServers, ElectAnotherLeaderAfterTheirLeaderWasKilledAndKeepTheirData) {
    EtcdServers etcd;
    const std::size_t first = etcd.leader();
    etcd.ctl({"put", "/test/key", "value"});

    etcd.kill(first);
    EXPECT_FALSE(etcd.is_running(first));
    EXPECT_NE(etcd.leader(), first);
    EXPECT_EQ(etcd.ctl({"get", "/test/key", "--print-value-only"}), "value\n");

    etcd.restart(first);
    EXPECT_EQ(etcd.ctl({"get", "/test/key", "--print-value-only"}), "value\n");
    etcd.wipe();
    EXPECT_EQ(etcd.ctl({"get", "/test/key", "--print-value-only"}), "");
}

TEST(EtcdServers, AnswerOnlyClientsWithACertificate) {
    const Certificates certificates;
    EtcdServers etcd{{.servers = 1, .certificates = &certificates}};
    EXPECT_TRUE(etcd.url(0).starts_with("https://"));
    etcd.ctl({"put", "/test/key", "value"});
    const Result without = run({"/usr/bin/etcdctl",
                                {"--endpoints", etcd.url(0), "--cacert", certificates.authority(),
                                 "--command-timeout=2s", "get", "a"},
                                {},
                                {{"ETCDCTL_API", "3"}}});
    EXPECT_NE(without.status, 0);
}

TEST(EtcdServers, StopAndGoOn) {
    EtcdServers etcd;
    const std::size_t first = etcd.leader();
    etcd.stop(first);
    EXPECT_NE(etcd.leader(), first);
    etcd.ctl({"put", "/test/key", "value"});
    etcd.resume(first);
    EXPECT_TRUE(eventually([&] {
        return etcd.ctl({"endpoint", "health"}).find("unhealthy") == std::string::npos;
    }));
}

}  // namespace
}  // namespace belfry::test
