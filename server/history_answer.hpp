#pragma once

#include "server/store_cursor.hpp"
#include "shm/log_reader.hpp"
#include "wire/command.hpp"
#include "wire/frame.hpp"

#include <cstdint>
#include <string>

namespace belfry::server {

/// Prints the answer to one HISTORY command page by page. Messages that have left the ring come
/// from the store, and those that no longer exist are skipped. The answer ends after max_messages.
/// Only the input thread of a session uses it.
class HistoryAnswer {
  public:
    static constexpr std::uint64_t max_messages = 100'000;

    /// @param store the session's reader of the store, which stays open for the next question
    HistoryAnswer(const shm::Segment& segment, StoreCursor& store, const wire::History& asked);

    enum class Step {
        page,   ///< some messages were printed or skipped
        later,  ///< the store cannot be read for now
        end,    ///< END was printed
    };
    /// Prints the next page, or END after the last one.
    [[nodiscard]] Step print_next(std::string& out);

    /// Returns how many messages were printed.
    [[nodiscard]] std::uint64_t printed() const noexcept { return printed_; }

  private:
    void count_to(std::uint64_t next);
    [[nodiscard]] std::uint64_t last_of_page() const noexcept;
    [[nodiscard]] Step print_stored(std::string& out);

    const shm::Segment* segment_;
    shm::LogReader reader_;
    std::vector<shm::IndexEntry> entries_;  ///< of the chunk that is printed
    StoreCursor* store_;
    std::uint64_t next_;
    std::uint64_t to_;
    std::uint64_t printed_ = 0;
    wire::End end_;  ///< what END will say
};

}  // namespace belfry::server
