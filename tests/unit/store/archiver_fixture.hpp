#pragma once

#include "store/archiver.hpp"
#include "tests/unit/store/log_and_store.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace belfry::test {

/// A log with its store, two senders, and an archiver that the test runs.
class ArchiverTest : public ::testing::Test {
  protected:
    void TearDown() override { EXPECT_EQ(both_.broken(), std::vector<std::string>{}); }

    [[nodiscard]] shm::Segment& segment() { return both_.segment(); }
    [[nodiscard]] shm::LogHeader& log() { return both_.log(); }

    /// Commits messages as an archiver does that is killed before it moves `stored_id`.
    void commit_without_a_word(std::uint64_t first, std::uint64_t last) {
        store::StoreWriter writer{both_.dir()};
        writer.begin();
        for (std::uint64_t id = first; id <= last; ++id) {
            add(writer, {id, "ann", id, 1, numbered_body(id)});
        }
        writer.commit();
    }

    void expect_start_fails(const std::string& part) {
        expect_store_error(store::StoreError::Kind::unusable, part,
                           [this] { both_.archiver()->start(); });
    }

    LogAndStore both_{shm::Durability::commit};
    Sender ann_{segment(), 0, "ann", store::record_format};
    Sender bob_{segment(), 1, "bob", store::record_format};
};

}  // namespace belfry::test
