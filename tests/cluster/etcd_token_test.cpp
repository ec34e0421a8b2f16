#include "cluster/engine.hpp"
#include "tests/support/deadline.hpp"
#include "tests/support/temp_dir.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cluster/etcd.grpc.pb.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <memory>
#include <mutex>
#include <set>
#include <string>

/// A token is known at every server of etcd, so that a failover needs no login.
namespace belfry::test {
namespace {

using namespace etcdserverpb;
using grpc::ServerContext;
using grpc::Status;

/// The tokens that etcd has given out.
class Tokens {
  public:
    std::string give() {
        const std::lock_guard lock{mutex_};
        return "token" + std::to_string(++given_);
    }
    [[nodiscard]] int given() const {
        const std::lock_guard lock{mutex_};
        return given_;
    }

  private:
    mutable std::mutex mutex_;
    int given_ = 0;
};

/// A server that answers reads and keep-alives, and notes the tokens that come with the reads.
class ServerWithUsers : public KV::Service, public Auth::Service, public Lease::Service {
  public:
    explicit ServerWithUsers(Tokens& tokens) : tokens_{tokens} {
        grpc::ServerBuilder builder;
        builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
        builder.RegisterService(static_cast<KV::Service*>(this));
        builder.RegisterService(static_cast<Auth::Service*>(this));
        builder.RegisterService(static_cast<Lease::Service*>(this));
        server_ = builder.BuildAndStart();
    }
    ~ServerWithUsers() override { server_->Shutdown(std::chrono::system_clock::now()); }

    [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

    /// Answers no login any longer.
    void stop_logins() { has_stopped_logins_ = true; }
    /// Forgets a token, as a server does that nobody has asked with it, or that was restarted.
    void forget(const std::string& token) {
        const std::lock_guard lock{mutex_};
        forgotten_.insert(token);
    }
    [[nodiscard]] int refused_logins() const { return refused_logins_; }
    [[nodiscard]] bool was_asked_with(const std::string& token) const {
        const std::lock_guard lock{mutex_};
        return used_.contains(token);
    }

    Status Range(ServerContext* context, const RangeRequest*, RangeResponse*) override {
        const auto found = context->client_metadata().find("token");
        if (found == context->client_metadata().end()) return refusal();
        const std::string token{found->second.begin(), found->second.end()};
        const std::lock_guard lock{mutex_};
        if (forgotten_.contains(token)) return refusal();
        used_.insert(token);
        return Status::OK;
    }
    Status Authenticate(ServerContext*, const AuthenticateRequest* request,
                        AuthenticateResponse* response) override {
        if (has_stopped_logins_) return {grpc::StatusCode::UNAVAILABLE, "no leader"};
        if (request->password() != "password") {
            ++refused_logins_;
            return {grpc::StatusCode::INVALID_ARGUMENT,
                    "etcdserver: authentication failed, invalid user ID or password"};
        }
        response->set_token(tokens_.give());
        return Status::OK;
    }
    Status LeaseKeepAlive(
        ServerContext*,
        grpc::ServerReaderWriter<LeaseKeepAliveResponse, LeaseKeepAliveRequest>* stream) override {
        LeaseKeepAliveRequest request;
        if (!stream->Read(&request)) return Status::OK;
        LeaseKeepAliveResponse response;
        response.set_ttl(5);
        stream->Write(response);
        return Status::OK;
    }

  private:
    static Status refusal() {
        return {grpc::StatusCode::UNAUTHENTICATED, "etcdserver: invalid auth token"};
    }

    Tokens& tokens_;
    mutable std::mutex mutex_;
    std::set<std::string> used_;
    std::set<std::string> forgotten_;
    std::atomic<int> refused_logins_ = 0;
    std::atomic<bool> has_stopped_logins_ = false;
    int port_ = 0;
    std::unique_ptr<grpc::Server> server_;
};

class EtcdToken : public ::testing::Test {
  protected:
    EtcdToken() {
        cluster::EngineOptions options;
        options.urls = {first_.url(), second_.url()};
        options.user_file = dir_.write("user", "node:password");
        engine_ = cluster::make_etcd_engine(options);
    }

    /// Logs in with a wrong password. The engine takes one of a file that has changed.
    void log_in_wrongly() {
        static_cast<void>(dir_.write("user", "node:wrong"));
        const auto answer = engine_->read("settings");
        ASSERT_FALSE(answer);
        ASSERT_EQ(answer.failure().error, cluster::EngineError::refused);
    }

    TempDir dir_;
    Tokens tokens_;
    ServerWithUsers first_{tokens_};
    ServerWithUsers second_{tokens_};
    std::unique_ptr<cluster::Engine> engine_;
};

TEST_F(EtcdToken, IsUsedAtEveryServerSoThatNoneForgetsIt) {
    ASSERT_TRUE(engine_->read("settings"));
    EXPECT_TRUE(first_.was_asked_with("token1"));
    ASSERT_TRUE(engine_->keep_lease(1));
    EXPECT_TRUE(second_.was_asked_with("token1"));
    EXPECT_EQ(tokens_.given(), 1);
}

TEST_F(EtcdToken, ThatAServerHasForgottenIsReplacedBeforeItIsNeededThere) {
    ASSERT_TRUE(engine_->read("settings"));
    second_.forget("token1");
    ASSERT_TRUE(engine_->keep_lease(1));
    EXPECT_EQ(tokens_.given(), 2);
    ASSERT_TRUE(engine_->read("settings"));
    EXPECT_TRUE(first_.was_asked_with("token2"));
}

// etcd computes a hash for each login, which keeps it from its work.
TEST_F(EtcdToken, IsNotAskedForAgainAtOnceAfterARefusedLogin) {
    log_in_wrongly();
    log_in_wrongly();
    EXPECT_EQ(first_.refused_logins() + second_.refused_logins(), 1);
}

TEST_F(EtcdToken, IsHadWithThePasswordThatTheFileHasMeanwhile) {
    log_in_wrongly();
    static_cast<void>(dir_.write("user", "node:password"));
    EXPECT_TRUE(eventually([&] { return static_cast<bool>(engine_->read("settings")); }));
}

TEST_F(EtcdToken, IsNotSaidToBeRefusedByAnEtcdThatDoesNotAnswer) {
    log_in_wrongly();
    for (ServerWithUsers* server : {&first_, &second_}) server->stop_logins();
    const auto is_silent = [this] {
        const auto answer = engine_->read("settings");
        return !answer && answer.failure().error == cluster::EngineError::no_answer;
    };
    EXPECT_TRUE(eventually(is_silent)) << "the refusal counts for a while";
    EXPECT_TRUE(is_silent());
}

}  // namespace
}  // namespace belfry::test
