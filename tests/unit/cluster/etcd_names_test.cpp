#include "cluster/etcd_keys.hpp"
#include "cluster/etcd_url.hpp"

#include <gtest/gtest.h>

/// Names in etcd, and of its servers.
namespace belfry::cluster {
namespace {

TEST(EtcdUrl, NamesAHostAPortAndWhetherThereIsTls) {
    const auto url = parse_etcd_url("http://127.0.0.1:1234");
    ASSERT_TRUE(url);
    EXPECT_FALSE(url->is_tls);
    EXPECT_EQ(url->target, "dns:///127.0.0.1:1234");
    EXPECT_EQ(parse_etcd_url("https://etcd-1.example/")->target, "dns:///etcd-1.example:2379");
    EXPECT_TRUE(parse_etcd_url("https://etcd-1.example/")->is_tls);
    EXPECT_EQ(parse_etcd_url("http://[::1]:80")->target, "dns:///[::1]:80");
}

TEST(EtcdUrl, IsNothingElse) {
    for (const auto* text :
         {"", "http://", "http://:1", "127.0.0.1:1", "ftp://a", "http://a:0", "http://a:65536",
          "http://a:1x", "http://a:", "http://a/b", "http://u@a", "http://a b", "http://[::1",
          "http://[]:1", "http://[::1]1", "http://a?b", "HTTP://a", "http://a:+1"}) {
        EXPECT_FALSE(parse_etcd_url(text)) << text;
    }
}

TEST(EtcdKeys, OfBatchesHaveTheOrderOfTheirPositions) {
    EXPECT_EQ(batch_name(0xab, 0x1f), "log/00000000000000ab/000000000000001f");
    EXPECT_LT(batch_name(1, 0xff), batch_name(1, 0x100));
    const auto key = parse_batch_name(batch_name(~0ULL, 0x8000000000000000));
    ASSERT_TRUE(key);
    EXPECT_EQ(key->incarnation, ~0ULL);
    EXPECT_EQ(key->position, 0x8000000000000000);
}

TEST(EtcdKeys, OfBatchesHaveOneSpelling) {
    for (const auto* name :
         {"", "log/", "log/00000000000000ab/", "log/00000000000000AB/000000000000001f",
          "log/00000000000000ab-000000000000001f", "lag/00000000000000ab/000000000000001f",
          "log/00000000000000ab/000000000000001f0", "log/-0000000000000ab/000000000000001f"}) {
        EXPECT_FALSE(parse_batch_name(name)) << name;
    }
}

TEST(EtcdKeys, WithAPrefixEndBeforeItsEnd) {
    EXPECT_EQ(cluster_prefix("name"), "/belfry/name/");
    EXPECT_EQ(end_of_prefix("/belfry/name/"), "/belfry/name0");
    EXPECT_EQ(incarnation_folder(1), "log/0000000000000001/");
}

}  // namespace
}  // namespace belfry::cluster
