#pragma once

#include "base/clock.hpp"
#include "cluster/etcd_channels.hpp"

#include <algorithm>
#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/support/async_unary_call.h>
#include <memory>
#include <string>
#include <utility>
#include <vector>

/// Calls to etcd that are under way at several servers at a time.
namespace belfry::cluster {

/// Prepare a call to a server. The type of the request tells which.
inline auto prepare(EtcdServer& server, grpc::ClientContext& context,
                    const etcdserverpb::RangeRequest& request, grpc::CompletionQueue& queue) {
    return server.kv.PrepareAsyncRange(&context, request, &queue);
}
inline auto prepare(EtcdServer& server, grpc::ClientContext& context,
                    const etcdserverpb::PutRequest& request, grpc::CompletionQueue& queue) {
    return server.kv.PrepareAsyncPut(&context, request, &queue);
}
inline auto prepare(EtcdServer& server, grpc::ClientContext& context,
                    const etcdserverpb::DeleteRangeRequest& request, grpc::CompletionQueue& queue) {
    return server.kv.PrepareAsyncDeleteRange(&context, request, &queue);
}
inline auto prepare(EtcdServer& server, grpc::ClientContext& context,
                    const etcdserverpb::TxnRequest& request, grpc::CompletionQueue& queue) {
    return server.kv.PrepareAsyncTxn(&context, request, &queue);
}
inline auto prepare(EtcdServer& server, grpc::ClientContext& context,
                    const etcdserverpb::CompactionRequest& request, grpc::CompletionQueue& queue) {
    return server.kv.PrepareAsyncCompact(&context, request, &queue);
}
inline auto prepare(EtcdServer& server, grpc::ClientContext& context,
                    const etcdserverpb::LeaseGrantRequest& request, grpc::CompletionQueue& queue) {
    return server.lease.PrepareAsyncLeaseGrant(&context, request, &queue);
}
inline auto prepare(EtcdServer& server, grpc::ClientContext& context,
                    const etcdserverpb::LeaseRevokeRequest& request, grpc::CompletionQueue& queue) {
    return server.lease.PrepareAsyncLeaseRevoke(&context, request, &queue);
}
inline auto prepare(EtcdServer& server, grpc::ClientContext& context,
                    const etcdserverpb::AuthenticateRequest& request,
                    grpc::CompletionQueue& queue) {
    return server.auth.PrepareAsyncAuthenticate(&context, request, &queue);
}
inline auto prepare(EtcdServer& server, grpc::ClientContext& context,
                    const etcdserverpb::StatusRequest& request, grpc::CompletionQueue& queue) {
    return server.maintenance.PrepareAsyncStatus(&context, request, &queue);
}

template <class Response>
Response response_of(const std::unique_ptr<grpc::ClientAsyncResponseReader<Response>>&);

/// The type of the response to a request.
template <class Request>
using ResponseTo = decltype(response_of(
    prepare(std::declval<EtcdServer&>(), std::declval<grpc::ClientContext&>(),
            std::declval<const Request&>(), std::declval<grpc::CompletionQueue&>())));

/// Sets what every call to etcd needs.
inline void set_up(grpc::ClientContext& context, const std::string& token) {
    if (!token.empty()) context.AddMetadata("token", token);
}

/// One request at one server.
template <class Response>
struct Attempt {
    std::size_t server = 0;
    std::string token = {};
    grpc::ClientContext context = {};
    Response response = {};
    grpc::Status status = {};
    std::unique_ptr<grpc::ClientAsyncResponseReader<Response>> reader = {};
};

/// The same request at several servers. The destructor cancels what is still under way. One thread
/// uses it.
template <class Request>
class Attempts {
  public:
    using Response = ResponseTo<Request>;

    /// @param request must outlive this object
    Attempts(const EtcdServers& servers, const Request& request)
        : servers_{servers}, request_{request} {}
    Attempts(const Attempts&) = delete;
    Attempts& operator=(const Attempts&) = delete;
    ~Attempts() {
        for (const auto& attempt : under_way_) attempt->context.TryCancel();
        queue_.Shutdown();
        void* tag = nullptr;
        bool is_ok = false;
        while (queue_.Next(&tag, &is_ok)) continue;
    }

    /// Sends the request to a server.
    void start(std::size_t server, const std::string& token, base::Duration timeout) {
        auto attempt = std::make_unique<Attempt<Response>>();
        attempt->server = server;
        attempt->token = token;
        set_up(attempt->context, token);
        attempt->context.set_deadline(from_now(timeout));
        attempt->reader = prepare(*servers_[server], attempt->context, request_, queue_);
        attempt->reader->StartCall();
        attempt->reader->Finish(&attempt->response, &attempt->status, attempt.get());
        under_way_.push_back(std::move(attempt));
    }

    /// Waits until an attempt has ended. @return nothing if none has ended in time
    std::unique_ptr<Attempt<Response>> wait(base::Duration timeout) {
        void* tag = nullptr;
        bool is_ok = false;
        if (queue_.AsyncNext(&tag, &is_ok, from_now(timeout)) != grpc::CompletionQueue::GOT_EVENT)
            return nullptr;
        const auto ended = std::ranges::find_if(
            under_way_, [tag](const auto& attempt) { return attempt.get() == tag; });
        std::unique_ptr<Attempt<Response>> attempt = std::move(*ended);
        under_way_.erase(ended);
        return attempt;
    }

  private:
    const EtcdServers& servers_;
    const Request& request_;
    grpc::CompletionQueue queue_;
    std::vector<std::unique_ptr<Attempt<Response>>> under_way_;
};

}  // namespace belfry::cluster
