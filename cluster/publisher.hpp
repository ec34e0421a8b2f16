#pragma once

#include "cluster/engine.hpp"
#include "cluster/membership.hpp"
#include "cluster/status.hpp"
#include "shm/segment.hpp"

#include <chrono>
#include <cstdint>
#include <stop_token>

namespace belfry::cluster {

/// Publishes the outbox: creates batches of its entries in the engine, one at a time. It runs in a
/// thread of its own, so that it neither waits for the database nor delays it.
///
/// A batch that may have been created without an answer is created again. The engine then answers
/// `exists`, and what it has may be shorter or longer than this batch, because an earlier process
/// may have cut it. Only the applied log tells its length: the publisher waits until the batch was
/// applied, and goes on at the head of the outbox.
///
/// | killed                        | what is left                | mended by                    |
/// |-------------------------------|-----------------------------|------------------------------|
/// | before the engine has created | the entries, in the outbox  | the next publisher           |
/// | after it                      | a batch, perhaps unanswered | the next publisher: `exists` |
/// | after the batch was applied   | nothing                     | it goes on at the head       |
class Publisher {
  public:
    /// How long it waits after a failure before it asks again.
    static constexpr std::chrono::milliseconds retry_interval{20};
    static constexpr std::chrono::seconds refusal_interval{1};

    /// The head of the outbox must be that of the database.
    Publisher(shm::Segment& segment, Engine& engine, Membership& membership, Status& status);

    /// Publishes until the thread is to stop. Whoever stops it also calls shm::wake_archiver().
    void run(const std::stop_token& stop);

  private:
    [[nodiscard]] bool wait_for_entries(const std::stop_token& stop);
    void publish(const Fence& fence, const std::stop_token& stop);
    void handle(const Creation& creation, std::size_t bytes, const std::stop_token& stop);
    void handle(const EngineFailure& failure, const std::stop_token& stop);
    void move_to(std::uint64_t position) noexcept;
    void wait_until_applied(const std::stop_token& stop);

    shm::Segment* segment_;
    Engine* engine_;
    Membership* membership_;
    Status* status_;
    std::uint64_t position_;  ///< of the first entry that the engine may not have
};

}  // namespace belfry::cluster
