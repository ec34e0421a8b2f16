#pragma once

#include "shm/layout.hpp"
#include "store/database.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace belfry::store {

/// One row of `messages`. The views belong to whoever made it.
struct Message {
    std::uint64_t id = 0;
    std::string_view sender;
    std::uint64_t seq = 0;
    std::uint64_t time_ms = 0;
    std::string_view body;
};

struct SavedClient {
    std::string id;
    std::uint64_t cursor = 0;
    std::uint64_t seq = 0;  ///< the highest one of its messages in the store
};

/// What a store says of its log. The cursors are as they were at most a second before its end.
struct SavedLog {
    std::string epoch;  ///< empty: the store is new
    std::uint64_t last_id = 0;
    std::uint64_t last_time_ms = 0;  ///< of the newest message that is there; 0: there is none
    std::vector<SavedClient> clients;
    bool clean = false;  ///< the last server stored everything and ended
    shm::Durability durability = shm::Durability::commit;  ///< of the last server
};

/// @throws StoreError
[[nodiscard]] SavedLog read_saved_log(Database& database);

/// Of which log the store is; empty: it is new. @throws StoreError
[[nodiscard]] std::string read_epoch(Database& database);

/// The newest message that ever was in the store. @throws StoreError
[[nodiscard]] std::uint64_t read_last_id(Database& database);

/// The oldest message in the store; 0 where there is none. @throws StoreError
[[nodiscard]] std::uint64_t read_oldest_id(Database& database);

/// The oldest message in the store; the last id + 1 where there is none. @throws StoreError
[[nodiscard]] std::uint64_t read_first_id(Database& database);

}  // namespace belfry::store
