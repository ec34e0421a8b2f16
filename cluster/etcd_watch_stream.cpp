#include "cluster/etcd_watch_stream.hpp"

#include "cluster/etcd_keys.hpp"

#include <chrono>
#include <utility>

namespace belfry::cluster {

WatchStream::WatchStream(EtcdServer& server, std::string token)
    : server_{server}, token_{std::move(token)} {}

void WatchStream::start(const std::string& prefix, Revision first) {
    etcdserverpb::WatchCreateRequest& create = *request_.mutable_create_request();
    create.set_key(prefix);
    create.set_range_end(end_of_prefix(prefix));
    create.set_start_revision(first);
    create.set_fragment(true);
    set_up(context_, token_);
    context_.AddMetadata("hasleader", "true");  // the watch ends if the server finds no leader
    stream_ = server_.watch.PrepareAsyncWatch(&context_, &queue_);
    stream_->StartCall(tag(Tag::started));
}

/// Waits for the end of all operations before it shuts down their queue, since gRPC 1.51 was seen
/// not to return from Shutdown() while operations of a cancelled stream were under way.
WatchStream::~WatchStream() {
    context_.TryCancel();
    if (probe_) probe_->context.TryCancel();
    while (operations_ != 0) static_cast<void>(wait(std::chrono::seconds{1}));
    queue_.Shutdown();
    void* ended = nullptr;
    bool is_ok = false;
    while (queue_.Next(&ended, &is_ok)) continue;
}

WatchStream::Event WatchStream::wait(base::Duration timeout) {
    void* ended = nullptr;
    bool is_ok = false;
    if (queue_.AsyncNext(&ended, &is_ok, from_now(timeout)) != grpc::CompletionQueue::GOT_EVENT)
        return Event::nothing;
    --operations_;
    return handle(*static_cast<Tag*>(ended), is_ok);
}

WatchStream::Event WatchStream::handle(Tag tag, bool is_ok) {
    switch (tag) {
        case Tag::started:
            if (!is_ok) {
                finish();
                return Event::nothing;
            }
            stream_->Write(request_, this->tag(Tag::written));
            read_on();
            return Event::nothing;
        case Tag::read:
            if (is_ok) return Event::response;
            finish();
            return Event::nothing;
        case Tag::probed:
            return Event::probed;
        case Tag::finished:
            return Event::ended;
        case Tag::written:
            break;  // if it failed, so does the read
    }
    return Event::nothing;
}

void WatchStream::finish() {
    stream_->Finish(&status_, tag(Tag::finished));
}

void WatchStream::read_on() {
    stream_->Read(&response_, tag(Tag::read));
}

void WatchStream::probe(const std::string& key, base::Duration timeout) {
    probe_request_.set_key(key);
    probe_request_.set_serializable(true);
    probe_ = std::make_unique<Attempt<etcdserverpb::RangeResponse>>();
    set_up(probe_->context, token_);
    probe_->context.set_deadline(from_now(timeout));
    probe_->reader = prepare(server_, probe_->context, probe_request_, queue_);
    probe_->reader->StartCall();
    probe_->reader->Finish(&probe_->response, &probe_->status, tag(Tag::probed));
}

}  // namespace belfry::cluster
