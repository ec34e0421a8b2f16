#pragma once

#include "shm/segment.hpp"
#include "store/store_error.hpp"
#include "store/store_reader.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace belfry::server {

/// Reads what has left the ring from the store, where there is one. Opens the store when it is
/// needed, and closes it when the reader is back in the ring. One per thread. Takes care of a store
/// that does not work: says so, and tries again every second.
class StoreCursor {
  public:
    /// @param data_dir outlives the object
    StoreCursor(const shm::Segment& segment, const std::filesystem::path& data_dir) noexcept
        : segment_{&segment}, data_dir_{&data_dir} {}

    struct Page {
        std::uint64_t next;  ///< the first id that was not handed over
        /// Nothing was handed over: up to here the messages do not exist any more; 0: try again.
        std::uint64_t missing_to = 0;
    };

    /// Hands over messages from `from` to at most `to`, as many as `take` wants.
    [[nodiscard]] Page read(std::uint64_t from, std::uint64_t to,
                            const store::StoreReader::Take& take);

    /// Back in the ring: the store is not needed for now.
    void close() noexcept { reader_.reset(); }

  private:
    void wait_while_paused() const;
    [[nodiscard]] Page read_store(std::uint64_t from, std::uint64_t to,
                                  const store::StoreReader::Take& take);
    void open();
    [[nodiscard]] bool ends_before(std::uint64_t id);
    [[nodiscard]] store::StoreError other_store(const std::string& why) const;
    void fail(const store::StoreError& error);

    const shm::Segment* segment_;
    const std::filesystem::path* data_dir_;
    std::optional<store::StoreReader> reader_;
    bool failing_ = false;
};

}  // namespace belfry::server
