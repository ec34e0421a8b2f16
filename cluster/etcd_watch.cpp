#include "cluster/etcd_watch.hpp"

#include "cluster/etcd_keys.hpp"

#include <algorithm>
#include <utility>

namespace belfry::cluster {

using namespace std::chrono_literals;

namespace {

constexpr base::Duration min_limit = 1s;
constexpr base::Duration max_probe_limit = 4s;
constexpr base::Duration max_progress_limit = 60s;  // etcd may read much before it shows the first
constexpr base::Duration probe_interval = 500ms;

/// How often the log says that no server can be read from.
constexpr base::Duration note_interval = 10s;

/// How often the watch looks whether it was stopped.
constexpr base::Duration max_wait = 250ms;

/// How long the watch waits for a majority, which is not for long because it may be stopped.
constexpr base::Duration majority_timeout = 1s;

/// Responses that have arrived together are received together, up to this size.
constexpr std::size_t max_news_bytes = std::size_t{4} * 1024 * 1024;

bool has_settings(const etcdserverpb::RangeResponse& response, const std::string& settings) {
    return response.kvs_size() == 1 && response.kvs(0).value() == settings;
}

}  // namespace

EtcdWatch::EtcdWatch(EtcdCaller& caller, const std::atomic<bool>& stopped, WatchOrder order)
    : caller_{caller},
      stopped_{stopped},
      order_{std::move(order)},
      probe_limit_{min_limit},
      progress_limit_{min_limit},
      decoder_{order_.prefix, order_.after} {}

EngineFailure EtcdWatch::run() {
    const std::size_t servers = caller_.servers().size();
    std::size_t server = caller_.current();
    while (!stopped_) {
        EngineFailure failure = read_at(*caller_.servers()[server]);
        if (failure.error != EngineError::no_answer) return failure;
        left_for_ = std::move(failure.text);
        server = (server + 1) % servers;
        if (++failures_ % servers == 0) {
            note_outage();
            const auto rounds = static_cast<int>(std::min<std::size_t>(failures_ / servers, 5));
            caller_.servers()[server]->pause(rounds * 50ms);
        }
    }
    return {EngineError::stopped, "the watch was stopped"};
}

void EtcdWatch::note_outage() {
    const auto now = base::Clock::now();
    if (!order_.note || now < noted_ + note_interval) return;
    order_.note(left_for_);
    noted_ = now;
}

EngineFailure EtcdWatch::read_at(EtcdServer& server) {
    const Answer<std::string> token = caller_.log_in({}, base::Clock::now() + majority_timeout);
    if (!token) return token.failure();
    WatchStream stream{server, *token};
    decoder_ = NewsDecoder{order_.prefix, order_.after};
    is_started_ = false;
    is_probing_ = false;
    probed_ = base::TimePoint{};
    lags_since_.reset();
    while (!stopped_) {
        probe_when_due(stream);
        const WatchStream::Event event = stream.wait(decoder_.is_ready() ? 0ms : max_wait);
        if (const Reason reason = handle(stream, event)) return *reason;
    }
    return {EngineError::stopped, "the watch was stopped"};
}

void EtcdWatch::probe_when_due(WatchStream& stream) {
    const auto now = base::Clock::now();
    if (is_probing_ || now < probed_ + probe_interval) return;
    stream.probe(order_.prefix + "settings", probe_limit_);
    is_probing_ = true;
    probed_ = now;
}

EtcdWatch::Reason EtcdWatch::handle(WatchStream& stream, WatchStream::Event event) {
    switch (event) {
        case WatchStream::Event::response:
            return on_response(stream);
        case WatchStream::Event::probed:
            return on_probed(stream);
        case WatchStream::Event::ended:
            return reason_of(stream.status(), stream);
        case WatchStream::Event::nothing:
            break;
    }
    if (decoder_.is_ready()) return deliver(stream);
    return check_progress(stream);
}

EtcdWatch::Reason EtcdWatch::on_response(WatchStream& stream) {
    const std::string& url = stream.server().url;
    etcdserverpb::WatchResponse& response = stream.response();
    if (response.compact_revision() != 0) {
        return EngineFailure{EngineError::compacted,
                             about(url, "changes after revision " + std::to_string(order_.after) +
                                            " are compacted")};
    }
    if (response.canceled()) {
        const bool is_refused = response.cancel_reason().find("denied") != std::string::npos;
        return EngineFailure{is_refused ? EngineError::refused : EngineError::no_answer,
                             about(url, "ended the watch: " + response.cancel_reason())};
    }
    if (!decoder_.add(response))
        return EngineFailure{EngineError::no_answer, about(url, "malformed response")};
    stream.read_on();
    return decoder_.bytes() >= max_news_bytes ? deliver(stream) : std::nullopt;
}

EtcdWatch::Reason EtcdWatch::deliver(const WatchStream& stream) {
    News news = decoder_.take();
    if (news.revision == 0) return std::nullopt;
    caller_.note_majority();
    order_.after = news.revision;
    if (!left_for_.empty() && order_.note)
        order_.note(left_for_ + "; reading from " + stream.server().url);
    left_for_.clear();
    failures_ = 0;
    if (!order_.receive(std::move(news)))
        return EngineFailure{EngineError::stopped, "the watch was ended by its receiver"};
    received_ = base::Clock::now();
    lags_since_.reset();
    progress_limit_ = min_limit;
    return std::nullopt;
}

EtcdWatch::Reason EtcdWatch::on_probed(WatchStream& stream) {
    is_probing_ = false;
    // While this thread was in `receive`, gRPC had nobody to read the answer.
    const bool was_busy = received_ > probed_;
    probed_ = base::Clock::now();
    if (stream.probe_status().ok()) {
        probe_limit_ = min_limit;
        return verify(stream);
    }
    if (was_busy) {
        probed_ = base::TimePoint{};
        return std::nullopt;
    }
    probe_limit_ = std::min(2 * probe_limit_, max_probe_limit);
    return reason_of(stream.probe_status(), stream);
}

/// Checks that the server has the log that this watch is to read, and then starts to read it.
EtcdWatch::Reason EtcdWatch::verify(WatchStream& stream) {
    const auto& answer = stream.probe_response();
    const bool is_same_log = has_settings(answer, order_.settings);
    const bool is_behind = !is_started_ && answer.header().revision() < order_.after;
    // A server that is new or was down is behind the others, and may lack even the settings.
    if (!is_same_log || is_behind) {
        if (Reason reason = ask_majority()) return reason;
    }
    if (!is_same_log)
        return EngineFailure{EngineError::no_answer,
                             about(stream.server().url, "is not up to date")};
    if (!is_started_) start(stream);
    return std::nullopt;
}

EtcdWatch::Reason EtcdWatch::ask_majority() {
    etcdserverpb::RangeRequest request;
    request.set_key(order_.prefix + "settings");
    const auto answer = caller_.call(request, majority_timeout);
    if (!answer) return answer.failure();
    const std::string& url = caller_.servers()[caller_.current()]->url;
    if (!has_settings(*answer, order_.settings))
        return EngineFailure{
            EngineError::wiped,
            about(url, answer->kvs_size() == 0 ? "the settings of the cluster are gone"
                                               : "the settings are those of another cluster")};
    if (answer->header().revision() < order_.after)
        return EngineFailure{
            EngineError::wiped,
            about(url, "revision " + std::to_string(answer->header().revision()) + " is below " +
                           std::to_string(order_.after) + ", which was there before")};
    return std::nullopt;
}

void EtcdWatch::start(WatchStream& stream) {
    stream.start(order_.prefix, order_.after + 1);
    is_started_ = true;
}

EtcdWatch::Reason EtcdWatch::check_progress(const WatchStream& stream) {
    const auto now = base::Clock::now();
    if (caller_.last_change() <= order_.after) {
        lags_since_.reset();
    } else if (!lags_since_) {
        lags_since_ = now;
    } else if (now > *lags_since_ + progress_limit_) {
        progress_limit_ = std::min(2 * progress_limit_, max_progress_limit);
        return EngineFailure{EngineError::no_answer,
                             about(stream.server().url, "does not show the latest changes")};
    }
    return std::nullopt;
}

EngineFailure EtcdWatch::reason_of(const grpc::Status& status, const WatchStream& stream) {
    EngineFailure failure = failure_of(status, stream.server().url);
    if (remedy_for(status, stream.token()) != Remedy::log_in_again) {
        // Whatever else one server says, another one may do better.
        if (status.error_code() != grpc::StatusCode::PERMISSION_DENIED)
            failure.error = EngineError::no_answer;
        return caller_.explained(std::move(failure));
    }
    const auto fresh = caller_.log_in(stream.token(), base::Clock::now() + majority_timeout);
    if (!fresh) return fresh.failure();
    if (*fresh != stream.token()) failure.error = EngineError::no_answer;
    return failure;
}

}  // namespace belfry::cluster
