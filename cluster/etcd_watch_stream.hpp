#pragma once

#include "cluster/etcd_call.hpp"

#include <cstddef>
#include <grpcpp/support/async_stream.h>
#include <memory>
#include <string>

namespace belfry::cluster {

/// A watch of all keys with a prefix at one server, and questions to the same server that show
/// whether it still answers. One thread uses it. The destructor ends the watch.
class WatchStream {
  public:
    WatchStream(EtcdServer& server, std::string token);
    WatchStream(const WatchStream&) = delete;
    WatchStream& operator=(const WatchStream&) = delete;
    ~WatchStream();

    /// What has happened.
    enum class Event {
        nothing,   ///< nothing
        response,  ///< response() is new; read_on() must follow
        probed,    ///< the probe was answered, or has failed
        ended,     ///< status() says why
    };

    /// Starts the watch. Must be called once, if at all.
    /// @param first the first revision that is to be received
    void start(const std::string& prefix, Revision first);

    /// Waits for something to happen. May return early.
    [[nodiscard]] Event wait(base::Duration timeout);

    [[nodiscard]] etcdserverpb::WatchResponse& response() { return response_; }
    void read_on();

    /// Asks the server for a key, without asking a majority. Requires that no other probe is under
    /// way.
    void probe(const std::string& key, base::Duration timeout);
    [[nodiscard]] const grpc::Status& probe_status() const { return probe_->status; }
    [[nodiscard]] const etcdserverpb::RangeResponse& probe_response() const {
        return probe_->response;
    }

    [[nodiscard]] const grpc::Status& status() const { return status_; }

    [[nodiscard]] const EtcdServer& server() const { return server_; }
    [[nodiscard]] const std::string& token() const { return token_; }

  private:
    enum class Tag : std::uint8_t { started, written, read, finished, probed };

    /// Returns the tag of an operation that begins now.
    void* tag(Tag value) {
        ++operations_;
        return &tags_[static_cast<std::size_t>(value)];
    }
    [[nodiscard]] Event handle(Tag tag, bool is_ok);
    void finish();

    Tag tags_[5] = {Tag::started, Tag::written, Tag::read, Tag::finished, Tag::probed};
    std::size_t operations_ = 0;  ///< how many are under way
    EtcdServer& server_;
    std::string token_;
    etcdserverpb::WatchRequest request_;
    etcdserverpb::WatchResponse response_;
    etcdserverpb::RangeRequest probe_request_;
    grpc::Status status_;
    grpc::ClientContext context_;
    grpc::CompletionQueue queue_;
    std::unique_ptr<
        grpc::ClientAsyncReaderWriter<etcdserverpb::WatchRequest, etcdserverpb::WatchResponse>>
        stream_;
    std::unique_ptr<Attempt<etcdserverpb::RangeResponse>> probe_;
};

}  // namespace belfry::cluster
