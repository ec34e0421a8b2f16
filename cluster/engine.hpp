#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

/// The replicated log and the shared keys of a cluster, as the replica sees them. This is the only
/// header of the engine that the rest of the replica includes; the engine itself is etcd.
namespace belfry::cluster {

/// A position in the engine's one order of all changes. The first one is 1.
using Revision = std::int64_t;

/// The number of a lease. 0: none.
using Lease = std::int64_t;

/// Why the engine did not do what it was asked to do.
enum class EngineError {
    no_answer,    ///< no server answered in time; `text` says what was tried last
    refused,      ///< a server refused the user, the permission or the size
    full,         ///< etcd has reached its quota
    lease_ended,  ///< the lease of the call has ended
    compacted,    ///< the revision has been deleted from the engine's history
    wiped,        ///< etcd lost its data: its revision fell, or `settings` are missing or others
    stopped,      ///< Engine::stop() was called, or the receiver has ended the watch
};

/// A failure, and one line for the log that names the server.
struct EngineFailure {
    EngineError error;
    std::string text;
};

/// What a call returned: a value, or why there is none.
template <class T>
class [[nodiscard]] Answer {
  public:
    Answer(T value) : outcome_{std::in_place_index<0>, std::move(value)} {}
    Answer(EngineFailure failure) : outcome_{std::in_place_index<1>, std::move(failure)} {}

    [[nodiscard]] explicit operator bool() const noexcept { return outcome_.index() == 0; }
    [[nodiscard]] T& operator*() { return std::get<0>(outcome_); }
    [[nodiscard]] const T& operator*() const { return std::get<0>(outcome_); }
    [[nodiscard]] T* operator->() { return &std::get<0>(outcome_); }
    [[nodiscard]] const T* operator->() const { return &std::get<0>(outcome_); }
    [[nodiscard]] const EngineFailure& failure() const { return std::get<1>(outcome_); }

  private:
    std::variant<T, EngineFailure> outcome_;
};

/// The result of a call that returns nothing.
struct Done {};

/// Names a batch of the log: the key `log/INCARNATION/POSITION`.
struct BatchKey {
    std::uint64_t incarnation = 0;
    std::uint64_t position = 0;  ///< where its first entry begins in the outbox
    Revision revision = 0;       ///< when it was created
};

/// A batch of the log.
struct Batch {
    BatchKey key;
    std::string bytes;  ///< entries, as the outbox held them
};

/// A key with its value.
struct Value {
    std::string key;        ///< without the cluster's prefix, as in `node/a`
    std::string value;      ///< empty if the key was deleted
    Revision created = 0;   ///< 0: the key was deleted
    Revision modified = 0;  ///< the revision of the last change
    Lease lease = 0;
};

/// Keys with their values at one revision.
struct Values {
    std::vector<Value> values;  ///< in the order of their keys
    Revision revision = 0;      ///< the engine's revision when it read them

    /// Returns the value of a key, or null if there is no such key.
    [[nodiscard]] const Value* find(std::string_view key) const noexcept {
        const auto found = std::ranges::find(values, key, &Value::key);
        return found == values.end() ? nullptr : &*found;
    }
};

/// What the watch has received at a time. Revisions rise from one News to the next, and the changes
/// of one revision are never divided between two.
struct News {
    std::vector<Batch> batches;  ///< new batches, in the order of their revisions
    std::vector<Value> changes;  ///< changes of all other keys of the cluster, in the same order
    Revision revision = 0;       ///< everything up to it has been received
};

/// What must hold at the moment when a batch is created.
struct Fence {
    std::string node;         ///< the key `alive/NODE` ...
    std::string incarnation;  ///< ... has this value
    std::string settings;     ///< and the key `settings` has this one
};

/// How create_batch() ended.
struct Creation {
    enum class Outcome {
        created,
        exists,          ///< an earlier call has created it; `revision` says when
        not_ours,        ///< `alive/NODE` is missing or has another value
        other_settings,  ///< `settings` is missing or has another value
    };
    Outcome outcome;
    Revision revision = 0;  ///< the batch's; 0 unless it was created or exists
};

/// The state of one server of the engine.
struct ServerHealth {
    std::string url;
    bool answers = false;
    bool is_leader = false;
    bool has_leader = false;   ///< it knows a leader
    std::string version = {};  ///< that of etcd
    std::uint64_t bytes = 0;   ///< of its database, without what a compaction has freed
    std::string error = {};    ///< why it does not answer
};

/// The state of the engine.
struct Health {
    bool has_quorum = false;  ///< a majority answers
    bool is_full = false;     ///< a server has reached its quota, so etcd takes no new values
    Revision revision = 0;    ///< the engine's; 0 without a quorum
    std::vector<ServerHealth> servers;
};

/// The engine. Any thread may make any call at any time. No call throws because of the engine or
/// the network. Each call except watch() ends after at most `call_timeout`, and asks other servers
/// if one does not answer. A call that has failed may have changed something nevertheless, even
/// later. Keys are those of the cluster, without its prefix.
class Engine {
  public:
    /// The longest time that a call may take.
    static constexpr std::chrono::seconds call_timeout{5};

    Engine() = default;
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;
    virtual ~Engine() = default;

    /// Creates a batch, if it does not exist and the fence holds. After `no_answer` the caller
    /// calls again with the same incarnation and position; the bytes may differ, because if the
    /// first call has succeeded, the second one changes nothing.
    [[nodiscard]] virtual Answer<Creation> create_batch(std::uint64_t incarnation,
                                                        std::uint64_t position,
                                                        std::string_view bytes,
                                                        const Fence& fence) = 0;

    /// Receives what a watch has received. @return false: the watch ends
    using Receiver = std::function<bool(News&&)>;

    /// Reads all changes of the cluster's keys after `after`, and waits for further ones. Blocks,
    /// and calls `receive` in the caller's thread. Changes to another server by itself, without an
    /// end, while no server answers. Nothing is received from a server before it is known that it
    /// has the settings. One thread at a time may call it.
    /// @param after the revision up to which everything has been received; 0: from the beginning
    /// @param settings the value that the key `settings` must have
    /// @return `stopped`, `compacted`, `wiped`, or `refused`
    [[nodiscard]] virtual EngineFailure watch(Revision after, const std::string& settings,
                                              const Receiver& receive) = 0;

    /// Ends the current and all later calls of watch(). Other calls remain possible.
    virtual void stop() noexcept = 0;

    /// Returns when a majority of the servers last answered a call of any thread, or the watch last
    /// received a change; the start of the engine if neither has happened yet.
    [[nodiscard]] virtual std::chrono::steady_clock::time_point last_heard() const noexcept = 0;

    /// Returns in one line why an attempt at a server has failed after last_heard(); nothing if
    /// none has.
    [[nodiscard]] virtual std::string last_failure() const = 0;

    /// Tells whether watch() can begin after a revision, because nothing after it is compacted.
    [[nodiscard]] virtual Answer<bool> has_history_after(Revision revision) = 0;

    /// Reads one key. It reads what a majority has (linearizable), as do the other calls that read.
    /// @return no value if there is no such key
    [[nodiscard]] virtual Answer<Values> read(std::string_view key) = 0;

    /// Reads all keys that begin with `prefix`, at most 10,000.
    [[nodiscard]] virtual Answer<Values> read_all(std::string_view prefix) = 0;

    /// Writes a key. A call that was given up may still change the key afterwards.
    /// @return the revision of the change, which the watch shows too
    [[nodiscard]] virtual Answer<Revision> put(std::string_view key, std::string_view value,
                                               Lease lease = 0) = 0;

    /// Creates a key. @return true if it now has this value and lease, even if an earlier call has
    /// created it; false if it has others
    [[nodiscard]] virtual Answer<bool> create(std::string_view key, std::string_view value,
                                              Lease lease = 0) = 0;

    /// Replaces the value `expected` of a key. @return true if the key now has the new value and
    /// lease; false if it has others or does not exist
    [[nodiscard]] virtual Answer<bool> replace(std::string_view key, std::string_view expected,
                                               std::string_view value, Lease lease = 0) = 0;

    /// Deletes a key, if there is one.
    [[nodiscard]] virtual Answer<Done> remove(std::string_view key) = 0;

    /// Makes a lease. Its keys are deleted when it ends.
    /// @param lifetime it ends unless keep_lease() is called within it; etcd may take longer
    [[nodiscard]] virtual Answer<Lease> grant_lease(std::chrono::seconds lifetime) = 0;

    /// Starts the lifetime of a lease anew. @return false if it has ended
    [[nodiscard]] virtual Answer<bool> keep_lease(Lease lease) = 0;

    /// Ends a lease. It is not an error if it has ended already.
    [[nodiscard]] virtual Answer<Done> revoke_lease(Lease lease) = 0;

    /// Lists batches that were created at `revision` or before, at most `limit`. The batches of one
    /// incarnation are in the order of their revisions, those of different ones are not.
    [[nodiscard]] virtual Answer<std::vector<BatchKey>> old_batches(Revision revision,
                                                                    std::size_t limit) = 0;

    /// Deletes batches. It is not an error if some of them are gone.
    [[nodiscard]] virtual Answer<Done> delete_batches(std::span<const BatchKey> batches) = 0;

    /// Deletes the history up to a revision, which frees the space of deleted batches. A watch can
    /// only begin at or after it. It is not an error if it was compacted already.
    [[nodiscard]] virtual Answer<Done> compact(Revision revision) = 0;

    /// Asks each server how it is, all at the same time. Takes at most 2 s.
    [[nodiscard]] virtual Health health() = 0;
};

/// Where the engine is, and how to log in there.
struct EngineOptions {
    std::vector<std::string> urls;      ///< `http://HOST:PORT` or `https://HOST:PORT`, one at least
    std::filesystem::path certificate;  ///< of this client, in PEM; empty: none
    std::filesystem::path key;          ///< of the certificate
    std::filesystem::path authorities;  ///< that sign servers' certificates; empty: the system's
    std::filesystem::path user_file;    ///< holds `name:password`; empty: no user
    std::string cluster = "belfry";     ///< its keys lie below `/belfry/CLUSTER/`

    /// Is told in one line why the watch has left a server, and where it goes on; after each 10 s
    /// without any, why it cannot. The thread of the watch calls it. May be empty.
    std::function<void(const std::string&)> note = {};
};

/// Makes the engine. It connects at the first call. gRPC starts threads, so the caller must have
/// blocked the signals that it waits for, and must not fork later.
/// @throws cli::UsageError if a URL is malformed or a file cannot be read
[[nodiscard]] std::unique_ptr<Engine> make_etcd_engine(const EngineOptions& options);

}  // namespace belfry::cluster
