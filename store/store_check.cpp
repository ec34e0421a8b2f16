#include "store/store_check.hpp"

#include "store/database.hpp"
#include "store/ring_comparison.hpp"
#include "store/saved_log.hpp"
#include "store/store_error.hpp"
#include "store/store_file.hpp"

#include <algorithm>
#include <iterator>

namespace belfry::store {
namespace {

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
        // Retention deletes the oldest messages first, so if any message is left, the newest one
        // is.
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
        auto sentences = differences(database_, segment, read_first_id(database_), stored_id);
        std::ranges::move(sentences, std::back_inserter(problems_));
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
