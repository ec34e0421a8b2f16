#pragma once

#include "server/store_cursor.hpp"
#include "shm/log_reader.hpp"
#include "wire/command.hpp"
#include "wire/frame.hpp"

#include <cstdint>
#include <filesystem>
#include <string>

namespace belfry::server {

/// One answer to HISTORY, printed page by page: from the ring, and what has left it from the
/// store. What does not exist any more is skipped. By the input thread of a session.
class HistoryAnswer {
  public:
    HistoryAnswer(const shm::Segment& segment, const std::filesystem::path& data_dir,
                  const wire::History& asked);

    enum class Step {
        page,   ///< some messages were printed, or skipped
        later,  ///< the store cannot be read at present
        end,    ///< END was printed
    };
    [[nodiscard]] Step print_next(std::string& out);

  private:
    void count_to(std::uint64_t next);
    [[nodiscard]] Step print_stored(std::string& out);

    const shm::Segment* segment_;
    shm::LogReader reader_;
    std::vector<shm::IndexEntry> entries_;  ///< of the chunk that is printed
    StoreCursor past_;
    std::uint64_t next_;
    std::uint64_t to_;
    wire::End told_;
};

}  // namespace belfry::server
