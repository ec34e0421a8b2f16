#include "tests/support/memory_engine.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

namespace belfry::test {

using namespace cluster;

namespace {

std::string batch_key(std::uint64_t incarnation, std::uint64_t position) {
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "log/%016llx/%016llx",
                  static_cast<unsigned long long>(incarnation),
                  static_cast<unsigned long long>(position));
    return text.data();
}

}  // namespace

// --- The keys ---------------------------------------------------------------------------------

/// Makes one change, with a revision of its own. The caller holds the mutex.
void MemoryKeys::change(std::string key, std::optional<std::string> value, Lease lease,
                        std::optional<BatchKey> batch) {
    ++revision_;
    Value changed{key, value.value_or(""), 0, revision_, value ? lease : 0};
    if (value) {
        const auto before = values_.find(key);
        changed.created = before == values_.end() ? revision_ : before->second.created;
        values_[key] = changed;
        if (batch) {
            batch->revision = revision_;
            log_[key] = *batch;
        }
    } else {
        values_.erase(key);
        log_.erase(key);
    }
    history_.push_back({changed, batch});
    changed_.notify_all();
}

void MemoryKeys::put(std::string_view key, std::string_view value) {
    const std::scoped_lock guard{mutex_};
    change(std::string{key}, std::string{value});
}

void MemoryKeys::remove(std::string_view key) {
    const std::scoped_lock guard{mutex_};
    change(std::string{key}, {});
}

void MemoryKeys::wipe() {
    const std::scoped_lock guard{mutex_};
    values_.clear();
    log_.clear();
    history_.clear();
    leases_.clear();
    revision_ = 1;
    compacted_ = 0;
    changed_.notify_all();
}

void MemoryKeys::end_lease(Lease lease) {
    const std::scoped_lock guard{mutex_};
    leases_[lease] = false;
    std::vector<std::string> ended;
    for (const auto& [key, value] : values_) {
        if (value.lease == lease) ended.push_back(key);
    }
    for (const std::string& key : ended) change(key, {});
}

std::optional<std::string> MemoryKeys::value(std::string_view key) const {
    const std::scoped_lock guard{mutex_};
    const auto found = values_.find(key);
    return found == values_.end() ? std::nullopt : std::optional{found->second.value};
}

Revision MemoryKeys::revision() const {
    const std::scoped_lock guard{mutex_};
    return revision_;
}

Revision MemoryKeys::compacted() const {
    const std::scoped_lock guard{mutex_};
    return compacted_;
}

std::vector<Batch> MemoryKeys::batches() const {
    const std::scoped_lock guard{mutex_};
    std::vector<Batch> batches;
    for (const auto& [key, batch] : log_) {
        batches.push_back({batch, values_.find(key)->second.value});
    }
    std::ranges::sort(batches, {}, [](const Batch& batch) { return batch.key.revision; });
    return batches;
}

void MemoryKeys::set_bytes(std::uint64_t bytes) {
    const std::scoped_lock guard{mutex_};
    bytes_ = bytes;
}

// --- The faults -------------------------------------------------------------------------------

void MemoryEngine::lose_answers(std::size_t count) {
    const std::scoped_lock guard{keys_->mutex_};
    lost_answers_ = count;
}

void MemoryEngine::fail_batches(std::optional<EngineFailure> failure) {
    const std::scoped_lock guard{keys_->mutex_};
    batch_failure_ = std::move(failure);
}

void MemoryEngine::set_silent(bool silent) {
    const std::scoped_lock guard{keys_->mutex_};
    is_silent_ = silent;
    keys_->changed_.notify_all();
}

std::size_t MemoryEngine::attempts() const {
    const std::scoped_lock guard{keys_->mutex_};
    return attempts_;
}

/// Returns why a call fails now. The caller holds the mutex.
std::optional<EngineFailure> MemoryEngine::failure() const {
    if (!is_silent_) return {};
    return EngineFailure{EngineError::no_answer, "memory does not answer"};
}

bool MemoryEngine::has_value(std::string_view key, std::string_view value) const {
    const auto found = keys_->values_.find(key);
    return found != keys_->values_.end() && found->second.value == value;
}

// --- The engine -------------------------------------------------------------------------------

Answer<Creation> MemoryEngine::create_batch(std::uint64_t incarnation, std::uint64_t position,
                                            std::string_view bytes, const Fence& fence) {
    const std::scoped_lock guard{keys_->mutex_};
    ++attempts_;
    if (const auto failed = failure()) return *failed;
    if (batch_failure_) return *batch_failure_;
    if (!has_value("settings", fence.settings)) {
        return Creation{Creation::Outcome::other_settings};
    }
    if (!has_value("alive/" + fence.node, fence.incarnation)) {
        return Creation{Creation::Outcome::not_ours};
    }
    const std::string key = batch_key(incarnation, position);
    const auto before = keys_->log_.find(key);
    if (before != keys_->log_.end()) {
        return Creation{Creation::Outcome::exists, before->second.revision};
    }
    keys_->change(key, std::string{bytes}, 0, BatchKey{incarnation, position});
    if (lost_answers_ != 0) {
        --lost_answers_;
        return EngineFailure{EngineError::no_answer, "the answer was lost"};
    }
    return Creation{Creation::Outcome::created, keys_->revision_};
}

EngineFailure MemoryEngine::watch(Revision after, const std::string& settings,
                                  const Receiver& receive) {
    while (true) {
        News news;
        {
            std::unique_lock guard{keys_->mutex_};
            keys_->changed_.wait(guard, [this, after, &settings] {
                if (is_stopped_) return true;
                return !is_silent_ &&
                       (keys_->revision_ != after || !has_value("settings", settings));
            });
            if (is_stopped_) return {EngineError::stopped, "stopped"};
            if (keys_->revision_ < after || !has_value("settings", settings)) {
                return {EngineError::wiped, "memory has lost its data"};
            }
            if (after < keys_->compacted_) return {EngineError::compacted, "memory is compacted"};
            news = news_after(after);
            last_heard_ = std::chrono::steady_clock::now();
        }
        after = news.revision;
        if (!receive(std::move(news))) return {EngineError::stopped, "ended"};
    }
}

News MemoryEngine::news_after(Revision after) const {
    News news;
    for (const MemoryKeys::Change& change : keys_->history_) {
        if (change.value.modified <= after) continue;
        if (change.batch) {
            news.batches.push_back({*change.batch, change.value.value});
        } else if (!change.value.key.starts_with("log/")) {
            news.changes.push_back(change.value);
        }
    }
    news.revision = keys_->revision_;
    return news;
}

void MemoryEngine::stop() noexcept {
    const std::scoped_lock guard{keys_->mutex_};
    is_stopped_ = true;
    keys_->changed_.notify_all();
}

std::chrono::steady_clock::time_point MemoryEngine::last_heard() const noexcept {
    const std::scoped_lock guard{keys_->mutex_};
    return last_heard_;
}

Answer<bool> MemoryEngine::has_history_after(Revision revision) {
    const std::scoped_lock guard{keys_->mutex_};
    if (const auto failed = failure()) return *failed;
    return revision >= keys_->compacted_;
}

Answer<Values> MemoryEngine::read(std::string_view key) {
    const std::scoped_lock guard{keys_->mutex_};
    if (const auto failed = failure()) return *failed;
    Values read{{}, keys_->revision_};
    const auto found = keys_->values_.find(key);
    if (found != keys_->values_.end()) read.values.push_back(found->second);
    return read;
}

Answer<Values> MemoryEngine::read_all(std::string_view prefix) {
    const std::scoped_lock guard{keys_->mutex_};
    if (const auto failed = failure()) return *failed;
    Values read{{}, keys_->revision_};
    for (const auto& [key, value] : keys_->values_) {
        if (key.starts_with(prefix)) read.values.push_back(value);
    }
    return read;
}

Answer<Revision> MemoryEngine::put(std::string_view key, std::string_view value, Lease lease) {
    const std::scoped_lock guard{keys_->mutex_};
    if (const auto failed = failure()) return *failed;
    keys_->change(std::string{key}, std::string{value}, lease);
    return keys_->revision_;
}

Answer<bool> MemoryEngine::create(std::string_view key, std::string_view value, Lease lease) {
    const std::scoped_lock guard{keys_->mutex_};
    if (const auto failed = failure()) return *failed;
    if (lease != 0 && !keys_->leases_[lease]) {
        return EngineFailure{EngineError::lease_ended, "the lease has ended"};
    }
    const auto found = keys_->values_.find(key);
    if (found != keys_->values_.end()) {
        return found->second.value == value && found->second.lease == lease;
    }
    keys_->change(std::string{key}, std::string{value}, lease);
    return true;
}

Answer<bool> MemoryEngine::replace(std::string_view key, std::string_view expected,
                                   std::string_view value, Lease lease) {
    const std::scoped_lock guard{keys_->mutex_};
    if (const auto failed = failure()) return *failed;
    if (!has_value(key, expected)) return false;
    keys_->change(std::string{key}, std::string{value}, lease);
    return true;
}

Answer<Done> MemoryEngine::remove(std::string_view key) {
    const std::scoped_lock guard{keys_->mutex_};
    if (const auto failed = failure()) return *failed;
    if (keys_->values_.find(key) != keys_->values_.end()) keys_->change(std::string{key}, {});
    return Done{};
}

Answer<Lease> MemoryEngine::grant_lease(std::chrono::seconds) {
    const std::scoped_lock guard{keys_->mutex_};
    if (const auto failed = failure()) return *failed;
    keys_->leases_[keys_->next_lease_] = true;
    return keys_->next_lease_++;
}

Answer<bool> MemoryEngine::keep_lease(Lease lease) {
    const std::scoped_lock guard{keys_->mutex_};
    if (const auto failed = failure()) return *failed;
    return keys_->leases_[lease];
}

Answer<Done> MemoryEngine::revoke_lease(Lease lease) {
    {
        const std::scoped_lock guard{keys_->mutex_};
        if (const auto failed = failure()) return *failed;
    }
    keys_->end_lease(lease);
    return Done{};
}

Answer<std::vector<BatchKey>> MemoryEngine::old_batches(Revision revision, std::size_t limit) {
    const std::scoped_lock guard{keys_->mutex_};
    if (const auto failed = failure()) return *failed;
    std::vector<BatchKey> old;
    for (const auto& [key, batch] : keys_->log_) {
        if (batch.revision <= revision && old.size() < limit) old.push_back(batch);
    }
    return old;
}

Answer<Done> MemoryEngine::delete_batches(std::span<const BatchKey> batches) {
    const std::scoped_lock guard{keys_->mutex_};
    if (const auto failed = failure()) return *failed;
    for (const BatchKey& batch : batches) {
        keys_->change(batch_key(batch.incarnation, batch.position), {});
    }
    return Done{};
}

Answer<Done> MemoryEngine::compact(Revision revision) {
    const std::scoped_lock guard{keys_->mutex_};
    if (const auto failed = failure()) return *failed;
    keys_->compacted_ = std::max(keys_->compacted_, revision);
    return Done{};
}

Health MemoryEngine::health() {
    const std::scoped_lock guard{keys_->mutex_};
    Health health;
    health.has_quorum = !is_silent_;
    health.revision = keys_->revision_;
    ServerHealth server;
    server.url = "memory:";
    server.answers = !is_silent_;
    server.bytes = keys_->bytes_;
    health.servers.push_back(server);
    return health;
}

}  // namespace belfry::test
