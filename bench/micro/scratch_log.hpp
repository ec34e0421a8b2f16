#pragma once

#include "shm/log_writer.hpp"
#include "shm/segment.hpp"
#include "shm/segment_file.hpp"
#include "shm/session.hpp"
#include "tests/support/temp_dir.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace belfry::bench {

/// A new log without a store. The destructor removes it. Its clients are c0, c1, …
class ScratchLog {
  public:
    explicit ScratchLog(std::size_t clients = 1);
    ScratchLog(const ScratchLog&) = delete;
    ScratchLog& operator=(const ScratchLog&) = delete;
    ~ScratchLog();

    shm::Segment& segment() { return found_.segment; }

    /// Maps all pages into this process, so that no page fault is measured later.
    void populate();

    [[nodiscard]] static std::string client_id(std::size_t index) {
        return "c" + std::to_string(index);
    }

  private:
    test::TempDir scratch_;
    shm::FoundSegment found_;
};

/// A session that is logged in, with its writer. The process that uses it must create it.
class Member {
  public:
    /// @param index number of the client, and of the session's slot
    Member(ScratchLog& log, std::size_t index);
    Member(const Member&) = delete;
    Member& operator=(const Member&) = delete;

    shm::LogWriter& writer() { return *writer_; }

  private:
    shm::Session session_;
    std::optional<shm::LogWriter> writer_;
};

}  // namespace belfry::bench
