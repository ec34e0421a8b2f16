#include "store/store_check.hpp"

#include "store/database.hpp"
#include "store/log_record.hpp"
#include "store/store_error.hpp"
#include "store/store_file.hpp"

#include <algorithm>

namespace belfry::store {
namespace {

constexpr std::size_t chunk_bytes = 1 << 20;
constexpr std::size_t max_sentences = 20;

/// Compares the records of the ring with the rows of the store.
class RingComparison {
  public:
    RingComparison(Database& database, const shm::Segment& segment)
        : segment_{segment},
          reader_{segment, chunk_bytes},
          rows_{database,
                "SELECT id, sender, seq, time, body FROM messages WHERE id BETWEEN ? AND ? "
                "ORDER BY id"} {}

    /// Compares the messages from `first` to `last`, which must be stored. If writers overtake it,
    /// it continues where the ring starts now.
    /// @param first the oldest message in the store, because older ones have been deleted
    /// @return one sentence for each message that differs, up to max_sentences
    std::vector<std::string> run(std::uint64_t first, std::uint64_t last) {
        std::uint64_t id = std::max(first, ring_start());
        while (id <= last && differences_.size() < max_sentences) {
            shm::Chunk chunk;
            const auto result = reader_.read(id, last, shm::LogReader::no_row, chunk);
            if (result == shm::LogReader::Result::broken) break;  // the invariants report it
            if (result == shm::LogReader::Result::overrun ||
                !shm::copy_index(segment_, chunk, entries_)) {
                id = std::max(id, ring_start());
                continue;
            }
            compare(chunk);
            id = chunk.last_id + 1;
        }
        return differences_;
    }

  private:
    [[nodiscard]] std::uint64_t ring_start() const {
        return segment_.log().first_id.load(std::memory_order_acquire);
    }

    void compare(const shm::Chunk& chunk) {
        const ResetAtEnd reset_at_end{rows_};
        rows_.bind(1, chunk.first_id).bind(2, chunk.last_id);
        bool has_row = rows_.step();
        for (const shm::IndexEntry& entry : entries_) {
            const auto message = message_in(chunk, entry);
            if (!message) return;  // the invariants report it
            if (has_row && rows_.number(0) == entry.id) {
                compare(*message);
                has_row = rows_.step();
            } else {
                add_difference(entry.id, "counts as stored but is not in the store");
            }
        }
    }

    void compare(const Message& message) {
        std::string parts;
        const auto require = [&](bool same, const char* part) {
            if (!same) parts += std::string{parts.empty() ? "" : ", "} + part;
        };
        require(rows_.bytes(1) == message.sender, "sender");
        require(rows_.number(2) == message.seq, "seq");
        require(rows_.number(3) == message.time_ms, "time");
        require(rows_.bytes(4) == message.body, "body");
        if (!parts.empty())
            add_difference(message.id, "differs between the store and the segment: " + parts);
    }

    void add_difference(std::uint64_t id, const std::string& what) {
        if (differences_.size() == max_sentences) return;
        differences_.push_back("message " + std::to_string(id) + " " + what);
    }

    const shm::Segment& segment_;
    shm::LogReader reader_;
    Statement rows_;
    std::vector<shm::IndexEntry> entries_;  ///< of the chunk
    std::vector<std::string> differences_;
};

std::string text(std::uint64_t number) {
    return std::to_string(number);
}

/// Checks a store at one moment: the constructor opens a read transaction.
class StoreCheck {
  public:
    explicit StoreCheck(const std::filesystem::path& data_dir) : database_{open_to_read(data_dir)} {
        database_.execute("BEGIN");
        log_ = read_saved_log(database_);
    }

    void check_file() {
        Statement findings{database_, "PRAGMA quick_check(20)"};
        while (findings.step()) {
            const std::string finding{findings.bytes(0)};
            require(finding == "ok", "the file is damaged: " + one_line(finding));
        }
    }

    /// Compares the number of messages with the range of their ids. This is the cheapest proof that
    /// no id is missing: SQLite counts the cells of the pages, and reads no row.
    void check_messages() {
        const std::uint64_t count = number("SELECT count(*) FROM messages");
        const std::uint64_t first = read_first_id(database_);
        const std::uint64_t last = count == 0 ? first - 1 : number("SELECT max(id) FROM messages");
        require(count == last - first + 1, "the store has a hole: it has " + text(count) +
                                               " messages from " + text(first) + " to " +
                                               text(last));
        // Retention deletes the oldest messages first, so the newest one is left if any is.
        const std::uint64_t highest_known_id =
            std::max(log_.last_id, number("SELECT max(seqs_up_to) FROM log"));
        require(highest_known_id == last,
                "the store ends at " + text(last) + " but once had " + text(highest_known_id));
    }

    void check_clients() {
        Statement above{database_, "SELECT id, cursor FROM clients WHERE cursor > ? ORDER BY id"};
        above.bind(1, log_.last_id);
        while (above.step()) {
            problems_.push_back("the saved cursor of client " + std::string{above.bytes(0)} +
                                " is " + text(above.number(1)) + ", above the store's last id " +
                                text(log_.last_id));
        }
    }

    /// @param stored_id read before the store was, so the message with this id must be in the store
    void check_ends(const shm::Segment& segment, std::uint64_t stored_id) {
        require(log_.epoch == segment.epoch(), "the store has epoch " + log_.epoch +
                                                   ", the segment has epoch " +
                                                   std::string{segment.epoch()});
        require(
            stored_id <= log_.last_id,
            "stored_id " + text(stored_id) + " is above the store's last id " + text(log_.last_id));
        const std::uint64_t last_id = segment.log().last_id.load();
        require(log_.last_id <= last_id, "the store ends at message " + text(log_.last_id) +
                                             ", above the last id " + text(last_id) +
                                             " of the segment");
    }

    void check_ring(const shm::Segment& segment, std::uint64_t stored_id) {
        RingComparison ring{database_, segment};
        for (auto& difference : ring.run(read_first_id(database_), stored_id)) add(difference);
    }

    void add(std::string sentence) { problems_.push_back(std::move(sentence)); }

    [[nodiscard]] const std::vector<std::string>& problems() const noexcept { return problems_; }

  private:
    static std::string one_line(std::string text) {
        std::ranges::replace(text, '\n', ' ');
        return text;
    }

    std::uint64_t number(const char* sql) {
        return static_cast<std::uint64_t>(database_.number(sql));
    }

    void require(bool holds, std::string sentence) {
        if (!holds) add(std::move(sentence));
    }

    Database database_;
    SavedLog log_;
    std::vector<std::string> problems_;
};

/// Runs the checks. If damage stops them, adds the error to the problems.
template <class Checks>
void run(StoreCheck& check, const Checks& checks) {
    try {
        checks();
    } catch (const StoreError& error) {
        if (error.kind() == StoreError::Kind::failing) throw;
        check.add(error.what());
    }
}

}  // namespace

std::vector<std::string> problems_in_store(const std::filesystem::path& data_dir) {
    StoreCheck check{data_dir};
    run(check, [&] {
        check.check_file();
        check.check_messages();
        check.check_clients();
    });
    return check.problems();
}

std::vector<std::string> problems_between(const std::filesystem::path& data_dir,
                                          const shm::Segment& segment, bool compare_ring) {
    const std::uint64_t stored_id = segment.log().stored_id.load(std::memory_order_acquire);
    StoreCheck check{data_dir};
    run(check, [&] {
        check.check_messages();
        check.check_clients();
        check.check_ends(segment, stored_id);
        if (compare_ring) check.check_ring(segment, stored_id);
    });
    return check.problems();
}

}  // namespace belfry::store
