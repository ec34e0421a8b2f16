#include "store/store_reader.hpp"

#include "store/store_file.hpp"

#include <algorithm>
#include <sqlite3.h>

namespace belfry::store {
namespace {

/// How many ids next_readable() tries one by one on damaged pages. That takes less than a second.
/// After a read error of the disk it doubles the step at once, because each attempt may take
/// seconds.
constexpr std::uint64_t max_single_steps = 1 << 16;

/// How many rows highest_seq() reads in one transaction. It takes some milliseconds, during which
/// the WAL cannot be started over.
constexpr std::uint64_t max_rows_at_once = 10'000;

}  // namespace

StoreReader::StoreReader(const std::filesystem::path& data_dir)
    : database_{open_to_read(data_dir)},
      select_{database_,
              "SELECT id, sender, seq, time, body FROM messages WHERE id BETWEEN ? AND ? "
              "ORDER BY id"} {}

StoreReader::Snapshot::~Snapshot() {
    ::sqlite3_exec(database_.handle(), "COMMIT", nullptr, nullptr, nullptr);  // it wrote nothing
}

std::uint64_t StoreReader::read(std::uint64_t from, std::uint64_t to, const Take& take) {
    const ResetAtEnd reset_at_end{select_};
    select_.bind(1, from).bind(2, to);
    std::uint64_t next = from;
    try {
        while (next <= to && select_.step()) {
            const Message message{select_.number(0), select_.bytes(1), select_.number(2),
                                  select_.number(3), select_.bytes(4)};
            if (message.id != next) break;
            ++next;
            if (!take(message)) break;
        }
    } catch (const StoreError& error) {
        // If messages were passed already, the error is left to the next call, which meets it
        // again.
        if (next == from && !error.is_local()) throw;
    }
    return next;
}

/// Damage covers whole pages, and a page holds neighbouring ids. The search tries one id after the
/// other. If that would take too long, it doubles the step, and then bisects between the last
/// damaged id and the first readable one.
std::uint64_t StoreReader::next_readable(std::uint64_t from, std::uint64_t to) {
    last_error_.reset();
    std::uint64_t damaged = from;
    std::uint64_t readable = from;
    for (std::uint64_t step = 1; readable <= to && !can_read(readable, to); readable += step) {
        damaged = readable;
        const bool is_quick = last_error_->kind() == StoreError::Kind::damaged;
        if (!is_quick || readable - from >= max_single_steps) step *= 2;
    }
    if (readable > to) {
        if (last_error_ && last_error_->kind() == StoreError::Kind::unreadable)
            throw StoreError{*last_error_};
        return to + 1;
    }
    while (readable > damaged + 1) {
        const std::uint64_t middle = damaged + (readable - damaged) / 2;
        (can_read(middle, to) ? readable : damaged) = middle;
    }
    return can_read(readable, to) ? found_ : to + 1;
}

/// Looks for the first message from `from` to `to`, and sets found_ to its id; to + 1 if there is
/// none.
/// @return false if its page cannot be read
bool StoreReader::can_read(std::uint64_t from, std::uint64_t to) {
    const ResetAtEnd reset_at_end{select_};
    select_.bind(1, from).bind(2, to);
    try {
        found_ = select_.step() ? select_.number(0) : to + 1;
        return true;
    } catch (const StoreError& error) {
        if (!error.is_local()) throw;
        last_error_ = error;
        return false;
    }
}

std::uint64_t StoreReader::highest_seq(std::string_view sender, std::uint64_t max_seq) {
    Statement part{database_,
                   "SELECT max(id), max(CASE WHEN sender = ? AND seq <= ? THEN seq END) FROM "
                   "(SELECT id, sender, seq FROM messages WHERE id > ? ORDER BY id LIMIT ?)"};
    std::uint64_t highest = 0;
    std::uint64_t last = 0;
    do {
        const ResetAtEnd reset_at_end{part};
        part.bind_text(1, sender).bind(2, max_seq).bind(3, last).bind(4, max_rows_at_once);
        static_cast<void>(part.step());  // always one row, of NULLs when nothing is left
        last = part.number(0);
        highest = std::max(highest, part.number(1));
    } while (last != 0);
    return highest;
}

}  // namespace belfry::store
