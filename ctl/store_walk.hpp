#pragma once

#include "store/store_reader.hpp"

#include <cstdint>
#include <optional>

namespace belfry::ctl {

/// Reads a range of the store in order, page by page. Between two pages it holds no read
/// transaction, so a slow caller does not keep the WAL growing.
class StoreWalk {
  public:
    /// @param reader must outlive the walk
    StoreWalk(store::StoreReader& reader, std::uint64_t first, std::uint64_t last) noexcept
        : reader_{reader}, next_{first}, last_{last} {}

    /// Tells whether the end of the range is reached.
    [[nodiscard]] bool is_done() const noexcept { return next_ > last_; }

    /// A range of messages that could not be read.
    struct Missing {
        std::uint64_t first;
        std::uint64_t last;
        bool deleted;  ///< true: retention has deleted them meanwhile; false: damaged
    };

    /// Passes the messages of one page to `take`. The page ends after thousands of messages or a
    /// few megabytes, or when `take` returns false.
    /// @return nothing, or the messages at the start of the page if they cannot be read; the walk
    /// has then skipped them. @throws StoreError
    [[nodiscard]] std::optional<Missing> read_page(const store::StoreReader::Take& take);

  private:
    store::StoreReader& reader_;
    std::uint64_t next_;
    std::uint64_t last_;
};

}  // namespace belfry::ctl
