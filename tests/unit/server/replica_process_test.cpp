#include "server/replica_process.hpp"

#include <gtest/gtest.h>

#include <string>

namespace belfry::test {
namespace {

TEST(ClusterSettings, AreParsed) {
    const auto settings = server::parse_cluster_settings("epoch=5f0a max-payload=65536\n");
    ASSERT_TRUE(settings);
    EXPECT_EQ(settings->epoch, "5f0a");
    EXPECT_EQ(settings->max_payload, 65536U);
}

TEST(ClusterSettings, ThatMakeNoSenseAreNotTaken) {
    for (const std::string line :
         {"", "epoch=", "epoch=5f", "epoch=xy max-payload=1",
          "epoch=5f max-payload=", "epoch=5f max-payload=0", "epoch=5f max-payload=1x",
          "epoch=5f max-payload=1048577", "epoch=5f  max-payload=1", "max-payload=1 epoch=5f",
          "epoch=5f max-payload=99999999999"}) {
        EXPECT_FALSE(server::parse_cluster_settings(line)) << line;
    }
}

}  // namespace
}  // namespace belfry::test
