#pragma once

#include "cluster/etcd_call.hpp"
#include "cluster/etcd_hedge.hpp"
#include "cluster/etcd_status.hpp"

#include <atomic>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <type_traits>

namespace belfry::cluster {

/// A user of etcd.
struct EtcdUser {
    std::string name;
    std::string password;
};

/// Makes calls to etcd, whichever of its servers answers. If there is a user, it logs in, and again
/// when etcd has forgotten the token. Any thread may make any call.
class EtcdCaller {
  public:
    explicit EtcdCaller(const EngineOptions& options);

    [[nodiscard]] const EtcdServers& servers() const { return servers_; }

    /// Makes a call that a majority of the servers must agree to.
    template <class Request>
    [[nodiscard]] Answer<ResponseTo<Request>> call(const Request& request,
                                                   base::Duration timeout = Engine::call_timeout) {
        const base::TimePoint end = base::Clock::now() + timeout;
        const Answer<std::string> token = log_in({}, end);
        if (!token) return token.failure();
        return hedged(request, *token, end);
    }

    /// Starts the lifetime of a lease anew. @return false if it has ended
    [[nodiscard]] Answer<bool> keep_lease(Lease lease);

    /// Returns the token that calls need, which is empty without a user. Logs in if there is none,
    /// or only `stale`.
    [[nodiscard]] Answer<std::string> log_in(const std::optional<std::string>& stale,
                                             base::TimePoint end);

    /// Uses the token at every server, once a minute. A server forgets a token that nobody uses
    /// there for five minutes, and a login would delay a failover to it.
    /// @param key one that the user may read
    void keep_token(const std::string& key);

    /// Returns the server that has answered last.
    [[nodiscard]] std::size_t current() const { return current_; }

    /// Returns when a majority was last known to answer.
    [[nodiscard]] base::TimePoint last_heard() const {
        return base::TimePoint{base::Duration{last_heard_.load()}};
    }
    void note_majority() { last_heard_ = base::Clock::now().time_since_epoch().count(); }

    /// Adds to a failure that no server answers what is wrong with the own certificate, and keeps
    /// the text for last_failure(). Other failures are left as they are.
    [[nodiscard]] EngineFailure explained(EngineFailure failure);

    /// Returns the text of the last failure that was explained; nothing if a majority has answered
    /// since.
    [[nodiscard]] std::string last_failure() const;

    /// Returns the highest revision of a change that was made here.
    [[nodiscard]] Revision last_change() const { return last_change_; }
    void note_change(Revision revision);

  private:
    static constexpr std::chrono::seconds attempt_timeout{2};

    template <class Request>
    [[nodiscard]] Answer<ResponseTo<Request>> hedged(const Request& request, std::string token,
                                                     base::TimePoint end) {
        Attempts<Request> attempts{servers_, request};
        HedgeSchedule schedule{current_, servers_.size(), base::Clock::now()};
        EngineFailure failure{EngineError::no_answer,
                              about(servers_[current_]->url, "no answer in time")};
        for (auto now = base::Clock::now(); now < end; now = base::Clock::now()) {
            if (schedule.next() <= now) {
                const auto timeout = std::min<base::Duration>(attempt_timeout, end - now);
                attempts.start(schedule.take(now), token, timeout);
            }
            const auto ended = attempts.wait(std::min(schedule.next(), end) - now);
            if (!ended) continue;
            if (ended->status.ok()) {
                current_ = ended->server;
                note_majority();
                return std::move(ended->response);
            }
            failure = explained(failure_of(ended->status, servers_[ended->server]->url));
            const Remedy remedy = remedy_for(ended->status, ended->token);
            if (remedy == Remedy::none) return failure;
            if (remedy == Remedy::another_server) {
                schedule.note_failure(base::Clock::now());
            } else if (ended->token == token) {
                const Answer<std::string> fresh = renew<Request>(token, end);
                if (!fresh) return fresh.failure();
                if (*fresh == token) return failure;
                token = *fresh;
                schedule.repeat_at(ended->server, base::Clock::now());
            }
        }
        return failure;
    }

    /// Logs in again. A login itself has no token.
    template <class Request>
    [[nodiscard]] Answer<std::string> renew(const std::string& token, base::TimePoint end) {
        if constexpr (std::is_same_v<Request, etcdserverpb::AuthenticateRequest>) return token;
        return log_in(token, end);
    }

    [[nodiscard]] static grpc::Status keep_lease_at(EtcdServer& server, Lease lease,
                                                    const std::string& token,
                                                    base::Duration timeout,
                                                    etcdserverpb::LeaseKeepAliveResponse& response);

    void read_user_again();

    EtcdServers servers_;
    std::filesystem::path user_file_;   ///< empty: no user
    std::timed_mutex login_mutex_;      ///< held by the thread that logs in; guards the next four
    std::optional<EtcdUser> user_;      ///< as the file had it at the last login
    std::optional<std::string> token_;  ///< empty: etcd does not ask for users
    std::optional<EngineFailure> refused_login_;
    base::TimePoint login_refused_at_;
    std::atomic<base::Duration::rep> token_used_ = 0;  ///< by keep_token(); 0: never
    std::filesystem::path certificate_;
    std::atomic<std::size_t> current_ = 0;
    std::atomic<base::Duration::rep> last_heard_;
    std::atomic<Revision> last_change_ = 0;
    mutable std::mutex failure_mutex_;  // guards the members below
    std::string last_failure_;
    base::TimePoint failed_at_;
};

}  // namespace belfry::cluster
