#pragma once

#include "shm/segment.hpp"
#include "store/store_error.hpp"
#include "store/store_reader.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace belfry::server {

/// Reads messages that have left the ring from the store, if there is one. It opens the store when
/// a message is needed. If the store cannot be read, that is logged once, and the next read tries
/// again. Each thread needs its own object.
class StoreCursor {
  public:
    /// @param data_dir outlives the object
    StoreCursor(const shm::Segment& segment, const std::filesystem::path& data_dir) noexcept
        : segment_{&segment}, data_dir_{&data_dir} {}

    struct Page {
        std::uint64_t next;  ///< the first id that was not handed over
        /// If nothing was handed over, the messages up to this id no longer exist. 0 means that the
        /// store cannot be read for now.
        std::uint64_t missing_to = 0;
    };

    /// Hands the messages from `from` to at most `to` to `take`, until that returns false.
    [[nodiscard]] Page read(std::uint64_t from, std::uint64_t to,
                            const store::StoreReader::Take& take);

    /// Closes the store. The owner calls it when it reads from the ring again.
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
