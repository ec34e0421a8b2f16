#pragma once

#include "cluster/apply.hpp"
#include "cluster/client_rows.hpp"
#include "cluster/state.hpp"
#include "shm/log_lock.hpp"
#include "shm/news.hpp"
#include "shm/segment.hpp"
#include "store/saved_log.hpp"
#include "store/store_reader.hpp"

#include <cstdint>
#include <functional>
#include <set>
#include <span>
#include <string>
#include <string_view>

namespace belfry::cluster {

/// The shared log of a node of a cluster, which follows the database. It is the log's only writer,
/// and belongs to the thread of the replica that writes the store. The segment never has what the
/// database lacks, and what it lacks itself is made up for by start():
///
/// | killed after         | what is left                              | mended by               |
/// |----------------------|-------------------------------------------|-------------------------|
/// | the store's commit   | messages that the ring lacks              | start() appends them    |
/// | a stored seq, a node | a row that is ahead of its messages       | start() sets all rows   |
/// | a login              | its predecessor has not got SIGTERM       | start() looks at all    |
/// | a batch of the ring  | messages in the ring that are not visible | start() moves stored_id |
/// | stored_id            | cursors and the head are old              | start() sets them       |
/// | a cursor             | the head is old                           | start() moves it        |
/// | the outbox's head    | sleepers                                  | the supervisor          |
///
/// A session waits for its login until the outbox's head has passed the entry. Then its row has the
/// login, the seqs and the cursor, and all messages before the entry are visible.
class AppliedLog {
  public:
    /// Logs one line.
    using Report = std::function<void(const std::string&)>;

    AppliedLog(shm::Segment& segment, Report report);

    /// Brings the segment up to the database. It must run before any other function, after the
    /// store was made durable.
    /// @param state as the database has it
    /// @throws StoreError if messages that the ring lacks cannot be read, or do not follow its end
    void start(const State& state, store::StoreReader& reader);

    /// Shows what a step has changed, which must be stored: sets the logins and seqs of its
    /// clients, appends its messages, then sets the rest of the rows of clients and nodes, then
    /// moves the outbox's head, then wakes the sessions, and ends those whose client has logged in
    /// elsewhere.
    /// @param state after the step
    void publish(const State& state, const Changes& changes);

    /// Shows how far the log is applied, if nothing else has changed; publish() does it too.
    void show_revision(const State& state) noexcept;

    /// Gives the rows of clients that were added by a reload what the state knows of them. The
    /// caller calls it once a second; publish() does it too.
    void add_new_rows(const State& state);

    /// Wakes the sessions that publish() has left asleep, until `has_new` returns true.
    template <class HasNew>
    void wake_rest(HasNew has_new) {
        news_.wake_rest(has_new);
    }

  private:
    void move_back_to(std::uint64_t id);
    void fill(const State& state, store::StoreReader& reader);
    void append(std::span<const store::Message> messages);
    [[nodiscard]] std::size_t append_batch(std::span<const store::Message> messages);
    void derive(std::span<const store::Message> messages);
    void name_senders();
    void set_node(const std::string& name, const NodeState& node);
    void set_seq_and_login(std::uint32_t row, const ClientState& client);
    void set_client(std::uint32_t row, const ClientState& client);
    void forget_sent_seq(shm::ClientRow& row, std::uint64_t seq);
    void end_other_session(std::uint32_t row);
    void report_if_unknown(std::string_view name, std::uint32_t row);
    void raise_first_id(std::uint64_t id);
    void finish(const State& state);

    shm::Segment* segment_;
    Report report_;
    shm::LogLock lock_;
    shm::StoredNews news_;
    ClientRows rows_;
    std::set<std::string, std::less<>> reported_;  ///< clients that are not known here
    bool presence_changed_ = false;
};

}  // namespace belfry::cluster
