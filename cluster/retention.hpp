#pragma once

#include "cluster/stored_log.hpp"
#include "shm/segment.hpp"
#include "store/clock_watch.hpp"
#include "store/database.hpp"
#include "store/old_messages.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace belfry::cluster {

/// Retention in a cluster: appends entries to the outbox that delete old messages at all nodes, by
/// the limits of this node. Only the node that holds the window does so. One thread uses it.
class Retention {
  public:
    /// Logs one line.
    using Report = std::function<void(const std::string&)>;

    Retention(shm::Segment& segment, std::filesystem::path data_dir, const StoredLog& stored,
              Report report);

    /// Appends the entries that are due. It is called once a second.
    void append_trims();

  private:
    /// The database, open for reading, with the scan for messages that are too old.
    struct Scan {
        explicit Scan(store::Database opened) : database{std::move(opened)}, old{database} {}
        store::Database database;
        store::OldMessages old;
    };

    [[nodiscard]] std::uint64_t first_kept_by_number() const noexcept;
    [[nodiscard]] std::uint64_t first_kept_by_age();

    shm::Segment* segment_;
    std::filesystem::path data_dir_;
    const StoredLog* stored_;
    store::ClockWatch clock_;
    Report report_;
    std::unique_ptr<Scan> scan_;  ///< made at the first use, and again after an error
    std::uint64_t trimmed_ = 0;   ///< entries that delete everything below it were appended
};

}  // namespace belfry::cluster
