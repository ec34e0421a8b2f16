#pragma once

#include "shm/layout.hpp"
#include "store/database.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace belfry::store {

/// A row of the table `messages`. The code that fills the row owns the bytes of its views.
struct Message {
    std::uint64_t id = 0;
    std::string_view sender;
    std::uint64_t seq = 0;
    std::uint64_t time_ms = 0;
    std::string_view body;
};

/// A row of the table `clients`.
struct SavedClient {
    std::string id;
    std::uint64_t cursor = 0;
    std::uint64_t seq = 0;  ///< the highest seq of its messages, or a lower one after a reset
};

/// The state of the log as the store has it. The cursors may be up to a second older than the
/// messages.
struct SavedLog {
    std::string epoch;  ///< empty: the store is new
    std::uint64_t last_id = 0;
    std::uint64_t last_time_ms = 0;  ///< of the newest message in the store; 0: there is none
    std::vector<SavedClient> clients;
    bool clean = false;  ///< the last server stored everything before it ended
    shm::Durability durability = shm::Durability::commit;  ///< of the last server
};

/// Reads the state of the log. @throws StoreError
[[nodiscard]] SavedLog read_saved_log(Database& database);

/// Reads the epoch of the log; empty if the store is new. @throws StoreError
[[nodiscard]] std::string read_epoch(Database& database);

/// Reads the id of the newest message that was ever in the store. @throws StoreError
[[nodiscard]] std::uint64_t read_last_id(Database& database);

/// Reads the id of the oldest message in the store; 0 if there is none. @throws StoreError
[[nodiscard]] std::uint64_t read_oldest_id(Database& database);

/// Reads the id of the oldest message in the store; the last id + 1 if there is none.
/// @throws StoreError
[[nodiscard]] std::uint64_t read_first_id(Database& database);

}  // namespace belfry::store
