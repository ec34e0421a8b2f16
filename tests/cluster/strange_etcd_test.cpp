#include "cluster/engine.hpp"
#include "tests/cluster/watching.hpp"
#include "tests/support/etcd_servers.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cluster/etcd.grpc.pb.h>
#include <functional>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <memory>
#include <string>
#include <utility>

/// Servers that behave as no healthy etcd does. The engine leaves them for a healthy one.
namespace belfry::test {
namespace {

using namespace etcdserverpb;
using grpc::ServerContext;
using grpc::Status;

const std::string settings = "epoch=1";

/// A server that is cut off from the others: it knows the settings, makes no change, and answers
/// nothing that needs a majority. A test says what it sends to a watch.
class StrangeEtcd : public KV::Service, public Watch::Service {
  public:
    using WatchStream = grpc::ServerReaderWriter<WatchResponse, WatchRequest>;

    explicit StrangeEtcd(std::function<void(WatchStream&)> at_watch)
        : at_watch_{std::move(at_watch)} {
        grpc::ServerBuilder builder;
        builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
        builder.RegisterService(static_cast<KV::Service*>(this));
        builder.RegisterService(static_cast<Watch::Service*>(this));
        server_ = builder.BuildAndStart();
    }
    ~StrangeEtcd() override { server_->Shutdown(std::chrono::system_clock::now()); }

    [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
    [[nodiscard]] int watches() const { return watches_; }

    Status Range(ServerContext*, const RangeRequest* request, RangeResponse* response) override {
        if (!request->serializable()) return {grpc::StatusCode::UNAVAILABLE, "no leader"};
        response->mutable_header()->set_revision(1'000'000);
        KeyValue& pair = *response->add_kvs();
        pair.set_key(request->key());
        pair.set_value(settings);
        return Status::OK;
    }
    Status Put(ServerContext*, const PutRequest*, PutResponse*) override {
        return {grpc::StatusCode::UNAVAILABLE, "no leader"};
    }
    Status Watch(ServerContext*, WatchStream* stream) override {
        WatchRequest request;
        stream->Read(&request);
        ++watches_;
        WatchResponse created;
        created.set_created(true);
        stream->Write(created);
        at_watch_(*stream);
        while (stream->Read(&request)) continue;
        return Status::OK;
    }

  private:
    std::function<void(WatchStream&)> at_watch_;
    std::atomic<int> watches_ = 0;
    int port_ = 0;
    std::unique_ptr<grpc::Server> server_;
};

/// Watches first at a strange server, and expects that a change is received all the same.
void expect_to_be_left(StrangeEtcd& strange) {
    EtcdServers etcd{{.servers = 1}};
    cluster::EngineOptions options;
    options.urls = {strange.url(), etcd.url(0)};
    const auto engine = cluster::make_etcd_engine(options);
    etcd.ctl({"put", "/belfry/belfry/settings", settings});
    const Watching watching{*engine, 0, settings};
    ASSERT_TRUE(eventually([&] { return strange.watches() > 0; }));

    const auto begin = Clock::now();
    ASSERT_TRUE(engine->put("node/a", "x"));
    ASSERT_TRUE(eventually(
        [&] {
            const auto changes = watching.changes();
            return !changes.empty() && changes.back().key == "node/a";
        },
        Milliseconds{60'000}));
    std::cout << "received after " << milliseconds_since(begin) << " ms\n";
    EXPECT_EQ(watching.changes().size(), 2U) << "the settings and node/a";
    EXPECT_TRUE(watching.is_in_order());
    EXPECT_FALSE(watching.failure());
}

TEST(StrangeEtcd, IsLeftIfItDoesNotShowWhatWasWrittenElsewhere) {
    StrangeEtcd strange{[](StrangeEtcd::WatchStream&) {}};
    expect_to_be_left(strange);
}

TEST(StrangeEtcd, IsLeftIfItSendsKeysThatNobodyAskedFor) {
    StrangeEtcd strange{[](StrangeEtcd::WatchStream& stream) {
        WatchResponse response;
        KeyValue& pair = *response.add_events()->mutable_kv();
        pair.set_key("/other/key");
        pair.set_create_revision(5);
        pair.set_mod_revision(5);
        stream.Write(response);
    }};
    expect_to_be_left(strange);
}

TEST(StrangeEtcd, IsLeftIfItEndsTheWatch) {
    StrangeEtcd strange{[](StrangeEtcd::WatchStream& stream) {
        WatchResponse response;
        response.set_canceled(true);
        response.set_cancel_reason("etcdserver: no leader\n\x1b[31m");
        stream.Write(response);
    }};
    expect_to_be_left(strange);
}

TEST(StrangeEtcd, IsLeftIfItsResponseIsTooLarge) {
    StrangeEtcd strange{[](StrangeEtcd::WatchStream& stream) {
        WatchResponse response;
        response.set_cancel_reason(std::string(20 * 1024 * 1024, 'x'));
        stream.Write(response);
    }};
    expect_to_be_left(strange);
}

}  // namespace
}  // namespace belfry::test
