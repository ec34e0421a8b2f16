#pragma once

#include "store/archiver.hpp"
#include "store/log_record.hpp"
#include "store/open_log.hpp"
#include "tests/support/scratch_segment.hpp"
#include "tests/unit/store/scratch_store.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace belfry::test {

/// A new, empty log with its store.
class LogAndStore {
  public:
    /// @param last_id the id before the first message of the segment
    explicit LogAndStore(shm::Durability durability, std::uint64_t last_id = 0)
        : scratch_{plan(durability, last_id)} {
        static_cast<void>(store::open_log(scratch_.data_dir(), durability, "e"));
        take_lock();
    }

    void take_lock() {
        lock_ = store::StoreLock::try_take(dir());
        if (!lock_) throw Failure{"the lock of the store is held"};
    }
    void give_lock_up() { lock_.reset(); }

    [[nodiscard]] shm::Segment& segment() { return scratch_.segment(); }
    [[nodiscard]] shm::LogHeader& log() { return scratch_.log(); }
    [[nodiscard]] const std::filesystem::path& dir() const { return scratch_.data_dir(); }
    [[nodiscard]] std::vector<std::string> broken() {
        return shm::broken_invariants(segment(), &wire::is_record);
    }

    [[nodiscard]] std::unique_ptr<store::Archiver> archiver() {
        return std::make_unique<store::Archiver>(
            segment(), dir(), *lock_, [this](const std::string& line) { said_.push_back(line); });
    }
    [[nodiscard]] std::unique_ptr<store::Archiver> started_archiver() {
        auto archiver = this->archiver();
        archiver->start();
        return archiver;
    }

    /// Returns all messages of the store.
    [[nodiscard]] std::vector<KeptMessage> stored() const {
        store::StoreReader reader{dir()};
        std::vector<KeptMessage> kept;
        const std::uint64_t first = reader.first_id();
        static_cast<void>(reader.read(first, shm::max_id, ScratchStore::keep_in(kept)));
        return kept;
    }
    [[nodiscard]] std::vector<std::string> stored_bodies() const {
        std::vector<std::string> bodies;
        for (const KeptMessage& message : stored()) bodies.push_back(message.body);
        return bodies;
    }
    [[nodiscard]] store::SavedLog saved() const {
        store::Database database = store::open_to_read(dir());
        return store::read_saved_log(database);
    }
    [[nodiscard]] store::SavedClient saved_client(const std::string& id) const {
        for (const store::SavedClient& client : saved().clients) {
            if (client.id == id) return client;
        }
        return {};
    }
    void execute(const char* sql) const {
        store::Database{store::store_file(dir()), store::Database::Mode::write}.execute(sql);
    }

    [[nodiscard]] const std::vector<std::string>& said() const { return said_; }

  private:
    static shm::SegmentPlan plan(shm::Durability durability, std::uint64_t last_id) {
        shm::SegmentPlan plan = small_plan();
        plan.last_id = last_id;
        plan.durability = durability;
        return plan;
    }

    ScratchSegment scratch_;
    std::optional<store::StoreLock> lock_;
    std::vector<std::string> said_;
};

[[nodiscard]] inline std::vector<std::string> numbered_bodies(std::uint64_t first,
                                                              std::uint64_t last) {
    std::vector<std::string> bodies;
    for (; first <= last; ++first) bodies.push_back(numbered_body(first));
    return bodies;
}

}  // namespace belfry::test
