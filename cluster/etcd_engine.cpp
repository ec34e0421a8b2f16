#include "cluster/etcd_engine.hpp"

#include "base/random.hpp"
#include "base/utf8.hpp"
#include "cluster/etcd_keys.hpp"
#include "cluster/etcd_watch.hpp"

#include <algorithm>
#include <grpc/support/log.h>
#include <utility>

namespace belfry::cluster {

using namespace std::chrono_literals;

namespace {

using etcdserverpb::Compare;

void require_absent(etcdserverpb::TxnRequest& request, std::string key) {
    Compare& compare = *request.add_compare();
    compare.set_target(Compare::CREATE);
    compare.set_key(std::move(key));
    compare.set_create_revision(0);
}

void require_value(etcdserverpb::TxnRequest& request, std::string key, std::string_view value) {
    Compare& compare = *request.add_compare();
    compare.set_target(Compare::VALUE);
    compare.set_key(std::move(key));
    compare.set_value(value.data(), value.size());
}

void put_on_success(etcdserverpb::TxnRequest& request, std::string key, std::string_view value,
                    Lease lease) {
    etcdserverpb::PutRequest& put = *request.add_success()->mutable_request_put();
    put.set_key(std::move(key));
    put.set_value(value.data(), value.size());
    put.set_lease(lease);
}

etcdserverpb::RangeRequest& read_on_failure(etcdserverpb::TxnRequest& request, std::string key) {
    etcdserverpb::RangeRequest& range = *request.add_failure()->mutable_request_range();
    range.set_key(std::move(key));
    return range;
}

/// Returns the key that the nth request of a transaction has read; one without a name if there was
/// none.
const etcdserverpb::KeyValue& key_of(const etcdserverpb::TxnResponse& response, int n) {
    if (response.responses_size() > n && response.responses(n).response_range().kvs_size() > 0)
        return response.responses(n).response_range().kvs(0);
    return etcdserverpb::KeyValue::default_instance();
}

EngineFailure malformed(const EtcdCaller& caller) {
    return {EngineError::no_answer,
            about(caller.servers()[caller.current()]->url, "malformed response")};
}

}  // namespace

EtcdEngine::EtcdEngine(const EngineOptions& options)
    : prefix_{cluster_prefix(options.cluster)}, note_{options.note}, caller_{options} {}

base::TimePoint EtcdEngine::last_heard() const noexcept {
    return caller_.last_heard();
}

Answer<Creation> EtcdEngine::create_batch(std::uint64_t incarnation, std::uint64_t position,
                                          std::string_view bytes, const Fence& fence) {
    const std::string key = name(batch_name(incarnation, position));
    const std::string alive = name("alive/" + fence.node);
    const std::string settings = name("settings");
    etcdserverpb::TxnRequest request;
    require_absent(request, key);
    require_value(request, alive, fence.incarnation);
    require_value(request, settings, fence.settings);
    put_on_success(request, key, bytes, 0);
    read_on_failure(request, key).set_keys_only(true);
    read_on_failure(request, alive);
    read_on_failure(request, settings);

    const auto answer = caller_.call(request);
    if (!answer) return answer.failure();
    if (answer->succeeded()) {
        caller_.note_change(answer->header().revision());
        return Creation{Creation::Outcome::created, answer->header().revision()};
    }
    if (const auto& batch = key_of(*answer, 0); !batch.key().empty())
        return Creation{Creation::Outcome::exists, batch.create_revision()};
    if (key_of(*answer, 2).value() != fence.settings)
        return Creation{Creation::Outcome::other_settings};
    if (key_of(*answer, 1).value() != fence.incarnation)
        return Creation{Creation::Outcome::not_ours};
    return malformed(caller_);
}

EngineFailure EtcdEngine::watch(Revision after, const std::string& settings,
                                const Receiver& receive) {
    return EtcdWatch{caller_, stopped_, {prefix_, settings, after, receive, note_}}.run();
}

Answer<Values> EtcdEngine::values_of(const etcdserverpb::RangeRequest& request) {
    auto answer = caller_.call(request);
    if (!answer) return answer.failure();
    Values values;
    values.revision = answer->header().revision();
    for (etcdserverpb::KeyValue& pair : *answer->mutable_kvs()) {
        if (!pair.key().starts_with(prefix_)) return malformed(caller_);
        values.values.push_back({pair.key().substr(prefix_.size()),
                                 std::move(*pair.mutable_value()), pair.create_revision(),
                                 pair.mod_revision(), pair.lease()});
    }
    return values;
}

Answer<bool> EtcdEngine::has_history_after(Revision revision) {
    // etcd can be read at a revision if and only if a watch can begin there.
    etcdserverpb::RangeRequest request;
    request.set_key(name("settings"));
    request.set_revision(revision + 1);
    const auto answer = caller_.call(request);
    if (answer || answer.failure().text.find("future revision") != std::string::npos) return true;
    if (answer.failure().error == EngineError::compacted) return false;
    return answer.failure();
}

Answer<Values> EtcdEngine::read(std::string_view key) {
    etcdserverpb::RangeRequest request;
    request.set_key(name(key));
    return values_of(request);
}

Answer<Values> EtcdEngine::read_all(std::string_view prefix) {
    constexpr std::int64_t max_keys = 10'000;
    etcdserverpb::RangeRequest request;
    request.set_key(name(prefix));
    request.set_range_end(end_of_prefix(name(prefix)));
    request.set_limit(max_keys);
    return values_of(request);
}

Answer<Revision> EtcdEngine::put(std::string_view key, std::string_view value, Lease lease) {
    etcdserverpb::PutRequest request;
    request.set_key(name(key));
    request.set_value(value.data(), value.size());
    request.set_lease(lease);
    const auto answer = caller_.call(request);
    if (!answer) return answer.failure();
    caller_.note_change(answer->header().revision());
    return answer->header().revision();
}

/// Completes a transaction that writes a key if its comparison holds, and makes it.
Answer<bool> EtcdEngine::write_if(etcdserverpb::TxnRequest request, std::string_view key,
                                  std::string_view value, Lease lease) {
    put_on_success(request, name(key), value, lease);
    read_on_failure(request, name(key));
    const auto answer = caller_.call(request);
    if (!answer) return answer.failure();
    if (answer->succeeded()) {
        caller_.note_change(answer->header().revision());
        return true;
    }
    // An earlier request of this call may have written it, and its answer was lost.
    const auto& present = key_of(*answer, 0);
    return !present.key().empty() && present.value() == value && present.lease() == lease;
}

Answer<bool> EtcdEngine::create(std::string_view key, std::string_view value, Lease lease) {
    etcdserverpb::TxnRequest request;
    require_absent(request, name(key));
    return write_if(std::move(request), key, value, lease);
}

Answer<bool> EtcdEngine::replace(std::string_view key, std::string_view expected,
                                 std::string_view value, Lease lease) {
    etcdserverpb::TxnRequest request;
    require_value(request, name(key), expected);
    return write_if(std::move(request), key, value, lease);
}

Answer<Done> EtcdEngine::remove(std::string_view key) {
    etcdserverpb::DeleteRangeRequest request;
    request.set_key(name(key));
    const auto answer = caller_.call(request);
    if (!answer) return answer.failure();
    return Done{};
}

Answer<Lease> EtcdEngine::grant_lease(std::chrono::seconds lifetime) {
    // The number is chosen here, so that a repeated request makes no second lease.
    const auto random = base::random_value<std::uint64_t>();
    etcdserverpb::LeaseGrantRequest request;
    request.set_id(static_cast<Lease>(random >> 1U) | 1);
    request.set_ttl(lifetime.count());
    const auto answer = caller_.call(request);
    if (answer || answer.failure().text.find("lease already exists") != std::string::npos)
        return request.id();
    return answer.failure();
}

Answer<bool> EtcdEngine::keep_lease(Lease lease) {
    caller_.keep_token(name("settings"));
    return caller_.keep_lease(lease);
}

Answer<Done> EtcdEngine::revoke_lease(Lease lease) {
    etcdserverpb::LeaseRevokeRequest request;
    request.set_id(lease);
    const auto answer = caller_.call(request);
    if (answer || answer.failure().error == EngineError::lease_ended) return Done{};
    return answer.failure();
}

Answer<std::vector<BatchKey>> EtcdEngine::old_batches(Revision revision, std::size_t limit) {
    constexpr std::int64_t page = 128;  // etcd reads the values too, before it leaves them out
    std::vector<BatchKey> found;
    etcdserverpb::RangeRequest request;
    request.set_key(name(log_folder));
    request.set_range_end(end_of_prefix(name(log_folder)));
    request.set_limit(page);
    request.set_keys_only(true);
    bool has_more = true;
    while (has_more && found.size() < limit) {
        const auto answer = caller_.call(request);
        if (!answer) return answer.failure();
        has_more = answer->more() && answer->kvs_size() > 0;
        for (const etcdserverpb::KeyValue& pair : answer->kvs()) {
            if (!pair.key().starts_with(prefix_)) return malformed(caller_);
            request.set_key(pair.key() + '\0');
            auto key = parse_batch_name(std::string_view{pair.key()}.substr(prefix_.size()));
            if (!key) continue;
            key->revision = pair.create_revision();
            if (key->revision > revision) {
                // All later batches of this incarnation are too new as well.
                request.set_key(end_of_prefix(name(incarnation_folder(key->incarnation))));
                has_more = true;
                break;
            }
            found.push_back(*key);
        }
    }
    if (found.size() > limit) found.resize(limit);
    return found;
}

Answer<Done> EtcdEngine::delete_batches(std::span<const BatchKey> batches) {
    constexpr std::size_t max_operations = 100;  // etcd takes 128 in one transaction
    while (!batches.empty()) {
        const auto part = batches.first(std::min(batches.size(), max_operations));
        etcdserverpb::TxnRequest request;
        for (const BatchKey& key : part)
            request.add_success()->mutable_request_delete_range()->set_key(
                name(batch_name(key.incarnation, key.position)));
        const auto answer = caller_.call(request);
        if (!answer) return answer.failure();
        batches = batches.subspan(part.size());
    }
    return Done{};
}

Answer<Done> EtcdEngine::compact(Revision revision) {
    etcdserverpb::CompactionRequest request;
    request.set_revision(revision);
    const auto answer = caller_.call(request);
    if (answer || answer.failure().error == EngineError::compacted) return Done{};
    return answer.failure();
}

Health EtcdEngine::health() {
    Health health;
    etcdserverpb::RangeRequest request;
    request.set_key(name("settings"));
    if (const auto answer = caller_.call(request, 1s)) {
        health.has_quorum = true;
        health.revision = answer->header().revision();
    }
    ask_servers(health);
    return health;
}

void EtcdEngine::ask_servers(Health& health) {
    const EtcdServers& servers = caller_.servers();
    const etcdserverpb::StatusRequest request;
    const auto token = caller_.log_in({}, base::Clock::now() + 1s);
    Attempts<etcdserverpb::StatusRequest> attempts{servers, request};
    for (std::size_t i = 0; i < servers.size(); ++i) {
        health.servers.push_back({.url = servers[i]->url});
        attempts.start(i, token ? *token : "", 1s);
    }
    for (std::size_t ended = 0; ended < servers.size(); ++ended) {
        const auto attempt = attempts.wait(2s);
        if (!attempt) return;
        ServerHealth& server = health.servers[attempt->server];
        const etcdserverpb::StatusResponse& status = attempt->response;
        server.answers = attempt->status.ok();
        if (!server.answers) {
            server.error = failure_of(attempt->status, server.url).text;
            continue;
        }
        server.has_leader = status.leader() != 0;
        server.is_leader = server.has_leader && status.leader() == status.header().member_id();
        server.version = base::sanitize(status.version().substr(0, 40));
        server.bytes = static_cast<std::uint64_t>(std::max<std::int64_t>(status.dbsizeinuse(), 0));
        for (const std::string& alarm : status.errors())
            if (alarm.find("NOSPACE") != std::string::npos) health.is_full = true;
    }
}

std::unique_ptr<Engine> make_etcd_engine(const EngineOptions& options) {
    // What gRPC would write to standard error is in the failures that the calls return.
    gpr_set_log_function([](gpr_log_func_args*) {});
    return std::make_unique<EtcdEngine>(options);
}

}  // namespace belfry::cluster
