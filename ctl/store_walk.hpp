#pragma once

#include "store/store_reader.hpp"

#include <cstdint>
#include <optional>

namespace belfry::ctl {

/// Walks over a range of the store, in order, a page at a time. Between two pages nothing of the
/// store is held, so that who is slow there does not keep the WAL growing.
class StoreWalk {
  public:
    /// @param reader outlives it
    StoreWalk(store::StoreReader& reader, std::uint64_t first, std::uint64_t last) noexcept
        : reader_{reader}, next_{first}, last_{last} {}

    [[nodiscard]] bool is_done() const noexcept { return next_ > last_; }

    /// Messages that are not there.
    struct Missing {
        std::uint64_t first;
        std::uint64_t last;
        bool deleted;  ///< by retention, meanwhile
    };

    /// Hands over the messages of one page: some thousand, some megabytes, or until `take` returns
    /// false.
    /// @return what it came to instead, and has passed. @throws StoreError
    [[nodiscard]] std::optional<Missing> read_page(const store::StoreReader::Take& take);

  private:
    store::StoreReader& reader_;
    std::uint64_t next_;
    std::uint64_t last_;
};

}  // namespace belfry::ctl
