#include "cluster/etcd_caller.hpp"

#include "cli/command_line.hpp"
#include "cluster/etcd_certificate.hpp"

#include <grpcpp/support/sync_stream.h>
#include <utility>

namespace belfry::cluster {

using namespace std::chrono_literals;

namespace {

constexpr base::Duration token_use_interval = 60s;
constexpr base::Duration token_use_timeout = 500ms;

/// How long a refused login counts for all threads. etcd computes a hash for each login, and many
/// logins with a wrong password would keep the nodes that have the right one waiting.
constexpr base::Duration refused_login_pause = 2s;

/// Reads `name:password` from the user file. @return nothing if there is no such file
std::optional<EtcdUser> read_user(const std::filesystem::path& path) {
    if (path.empty()) return std::nullopt;
    const std::string contents = read_option_file(path, "cluster-user-file");
    std::string line = contents.substr(0, contents.find('\n'));
    if (line.ends_with('\r')) line.pop_back();
    const std::size_t colon = line.find(':');
    if (colon == 0 || colon == std::string::npos)
        throw cli::UsageError{path.string() + " does not contain name:password",
                              "cluster-user-file"};
    return EtcdUser{line.substr(0, colon), line.substr(colon + 1)};
}

}  // namespace

EtcdCaller::EtcdCaller(const EngineOptions& options)
    : servers_{make_servers(options)},
      user_file_{options.user_file},
      user_{read_user(options.user_file)},
      certificate_{options.certificate} {
    note_majority();
}

EngineFailure EtcdCaller::explained(EngineFailure failure) {
    if (failure.error != EngineError::no_answer) return failure;
    const std::string problem = problem_of_certificate(certificate_);
    if (!problem.empty()) failure.text += "; " + problem;
    const std::lock_guard lock{failure_mutex_};
    last_failure_ = failure.text;
    failed_at_ = base::Clock::now();
    return failure;
}

std::string EtcdCaller::last_failure() const {
    const std::lock_guard lock{failure_mutex_};
    return failed_at_ > last_heard() ? last_failure_ : "";
}

void EtcdCaller::note_change(Revision revision) {
    Revision seen = last_change_;
    while (seen < revision && !last_change_.compare_exchange_weak(seen, revision)) continue;
}

Answer<std::string> EtcdCaller::log_in(const std::optional<std::string>& stale,
                                       base::TimePoint end) {
    if (user_file_.empty()) return std::string{};
    // The other threads need the same token, so they wait for the one that logs in.
    const std::unique_lock lock{login_mutex_, end};
    if (!lock) return EngineFailure{EngineError::no_answer, "etcd: no answer to the login in time"};
    if (token_ && token_ != stale) return *token_;
    if (refused_login_ && base::Clock::now() < login_refused_at_ + refused_login_pause)
        return *refused_login_;

    read_user_again();
    etcdserverpb::AuthenticateRequest request;
    request.set_name(user_->name);
    request.set_password(user_->password);
    const auto answer = hedged(request, {}, end);
    if (answer) {
        token_ = answer->token();
    } else if (answer.failure().text.find("authentication is not enabled") != std::string::npos) {
        token_ = "";
    } else {
        refused_login_.reset();
        if (answer.failure().error == EngineError::refused) {
            refused_login_ = answer.failure();
            login_refused_at_ = base::Clock::now();
        }
        return answer.failure();
    }
    refused_login_.reset();
    return *token_;
}

/// Reads a changed password. A file that is just being replaced is read at the next login.
void EtcdCaller::read_user_again() {
    try {
        user_ = read_user(user_file_);
    } catch (const cli::UsageError&) {
    }
}

void EtcdCaller::keep_token(const std::string& key) {
    const base::TimePoint now = base::Clock::now();
    const base::TimePoint used{base::Duration{token_used_.load()}};
    if (user_file_.empty() || (used != base::TimePoint{} && now < used + token_use_interval))
        return;
    token_used_ = now.time_since_epoch().count();
    const auto token = log_in({}, now + token_use_timeout);
    if (!token || token->empty()) return;
    etcdserverpb::RangeRequest request;
    request.set_key(key);
    request.set_serializable(true);
    Attempts<etcdserverpb::RangeRequest> attempts{servers_, request};
    for (std::size_t i = 0; i < servers_.size(); ++i) {
        attempts.start(i, *token, token_use_timeout);
    }
    for (std::size_t ended = 0; ended < servers_.size(); ++ended) {
        const auto attempt = attempts.wait(token_use_timeout);
        if (!attempt) return;
        if (remedy_for(attempt->status, *token) != Remedy::log_in_again) continue;
        static_cast<void>(log_in(*token, now + Engine::call_timeout));
    }
}

Answer<bool> EtcdCaller::keep_lease(Lease lease) {
    const base::TimePoint end = base::Clock::now() + Engine::call_timeout;
    Answer<std::string> token = log_in({}, end);
    if (!token) return token.failure();
    HedgeSchedule schedule{current_, servers_.size(), base::Clock::now()};
    while (true) {
        const base::TimePoint now = base::Clock::now();
        EtcdServer& server = *servers_[schedule.take(now)];
        etcdserverpb::LeaseKeepAliveResponse response;
        const grpc::Status status =
            keep_lease_at(server, lease, *token, std::min<base::Duration>(1s, end - now), response);
        if (status.ok()) {
            note_majority();
            return response.ttl() > 0;
        }
        const EngineFailure failure = failure_of(status, server.url);
        const Remedy remedy = remedy_for(status, *token);
        if (remedy == Remedy::none) return failure;
        if (remedy == Remedy::log_in_again) {
            const std::string stale = *token;
            token = log_in(stale, end);
            if (!token) return token.failure();
            if (*token == stale) return failure;
        }
        schedule.note_failure(base::Clock::now());
        if (schedule.next() >= end) return failure;
        server.pause(schedule.next() - base::Clock::now());
    }
}

/// Asks for one keep-alive at one server. @return success if there is a response
grpc::Status EtcdCaller::keep_lease_at(EtcdServer& server, Lease lease, const std::string& token,
                                       base::Duration timeout,
                                       etcdserverpb::LeaseKeepAliveResponse& response) {
    grpc::ClientContext context;
    set_up(context, token);
    context.set_deadline(from_now(timeout));
    const auto stream = server.lease.LeaseKeepAlive(&context);
    etcdserverpb::LeaseKeepAliveRequest request;
    request.set_id(lease);
    const bool has_response = stream->Write(request) && stream->Read(&response);
    if (has_response) context.TryCancel();  // etcd would wait for more requests
    const grpc::Status status = stream->Finish();
    return has_response ? grpc::Status::OK : status;
}

}  // namespace belfry::cluster
