#include "cluster/etcd_news.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>

/// What the responses of a watch mean, whatever a server sends.
namespace belfry::cluster {
namespace {

using etcdserverpb::Event;
using etcdserverpb::WatchResponse;

const std::string prefix = "/belfry/belfry/";
const std::string first_batch = "log/0000000000000001/0000000000000000";

void add_event(WatchResponse& response, Revision revision, const std::string& name,
               const std::string& value) {
    etcdserverpb::KeyValue& pair = *response.add_events()->mutable_kv();
    pair.set_key(prefix + name);
    pair.set_value(value);
    pair.set_create_revision(revision);
    pair.set_mod_revision(revision);
}

TEST(NewsDecoder, TellsBatchesFromOtherKeysAndKeepsTheirOrder) {
    NewsDecoder decoder{prefix, 0};
    WatchResponse response;
    add_event(response, 3, "node/a", "one");
    add_event(response, 5, first_batch, "bytes");
    add_event(response, 6, "logs", "not a batch");
    EXPECT_FALSE(decoder.is_ready());
    ASSERT_TRUE(decoder.add(response));
    EXPECT_TRUE(decoder.is_ready());
    const News news = decoder.take();
    EXPECT_EQ(news.revision, 6);
    ASSERT_EQ(news.batches.size(), 1U);
    EXPECT_EQ(news.batches[0].key.incarnation, 1U);
    EXPECT_EQ(news.batches[0].key.revision, 5);
    EXPECT_EQ(news.batches[0].bytes, "bytes");
    ASSERT_EQ(news.changes.size(), 2U);
    EXPECT_EQ(news.changes[0].key, "node/a");
    EXPECT_EQ(news.changes[1].key, "logs");
    EXPECT_FALSE(decoder.is_ready());
    EXPECT_EQ(decoder.bytes(), 0U);
}

TEST(NewsDecoder, NeverDividesARevision) {
    NewsDecoder decoder{prefix, 0};
    WatchResponse first;
    add_event(first, 3, "a", "");
    add_event(first, 4, "b", "");
    add_event(first, 5, "c", "");
    first.set_fragment(true);
    ASSERT_TRUE(decoder.add(first));
    EXPECT_FALSE(decoder.is_ready());
    EXPECT_EQ(decoder.take().revision, 4);
    EXPECT_EQ(decoder.take().revision, 0) << "nothing more is complete";

    WatchResponse second;
    add_event(second, 5, "d", "");
    ASSERT_TRUE(decoder.add(second));
    const News news = decoder.take();
    EXPECT_EQ(news.revision, 5);
    ASSERT_EQ(news.changes.size(), 2U);
    EXPECT_EQ(news.changes[0].key, "c");
    EXPECT_EQ(news.changes[1].key, "d");
}

TEST(NewsDecoder, LeavesOutWhatWasReceivedBefore) {
    NewsDecoder decoder{prefix, 5};
    WatchResponse response;
    add_event(response, 4, "a", "");
    add_event(response, 5, "b", "");
    add_event(response, 6, "c", "");
    ASSERT_TRUE(decoder.add(response));
    const News news = decoder.take();
    ASSERT_EQ(news.changes.size(), 1U);
    EXPECT_EQ(news.changes[0].key, "c");
}

TEST(NewsDecoder, TakesADeletionAsAChangeWithoutAValue) {
    NewsDecoder decoder{prefix, 0};
    WatchResponse response;
    add_event(response, 7, "alive/a", "");
    response.mutable_events(0)->set_type(Event::DELETE);
    response.mutable_events(0)->mutable_kv()->set_create_revision(0);
    ASSERT_TRUE(decoder.add(response));
    const News news = decoder.take();
    ASSERT_EQ(news.changes.size(), 1U);
    EXPECT_EQ(news.changes[0].created, 0);
    EXPECT_EQ(news.changes[0].modified, 7);
}

TEST(NewsDecoder, IgnoresBatchesThatNoNodeHasCreated) {
    NewsDecoder decoder{prefix, 0};
    WatchResponse response;
    add_event(response, 3, "log/nonsense", "x");
    add_event(response, 4, first_batch, "replaced");
    response.mutable_events(1)->mutable_kv()->set_create_revision(2);
    add_event(response, 5, first_batch, "");
    response.mutable_events(2)->set_type(Event::DELETE);
    ASSERT_TRUE(decoder.add(response));
    const News news = decoder.take();
    EXPECT_EQ(news.revision, 5) << "so the watch has come so far";
    EXPECT_TRUE(news.batches.empty());
    EXPECT_TRUE(news.changes.empty());
}

TEST(NewsDecoder, RefusesWhatNoEtcdSends) {
    WatchResponse falling;
    add_event(falling, 5, "a", "");
    add_event(falling, 4, "b", "");
    EXPECT_FALSE((NewsDecoder{prefix, 0}.add(falling)));

    WatchResponse foreign;
    foreign.add_events()->mutable_kv()->set_mod_revision(5);
    foreign.mutable_events(0)->mutable_kv()->set_key("/other/key");
    EXPECT_FALSE((NewsDecoder{prefix, 0}.add(foreign)));

    NewsDecoder decoder{prefix, 0};
    bool is_taken = true;
    for (int i = 0; i < 70 && is_taken; ++i) {
        WatchResponse endless;
        add_event(endless, 5, "a", std::string(1024 * 1024, 'x'));
        endless.set_fragment(true);
        is_taken = decoder.add(endless);
        EXPECT_EQ(decoder.take().revision, 0);
    }
    EXPECT_FALSE(is_taken) << "a revision without an end";
}

}  // namespace
}  // namespace belfry::cluster
