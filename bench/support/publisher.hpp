#pragma once

#include "bench/support/frame_counter.hpp"
#include "bench/support/windowed_publisher.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace belfry::bench {

/// A client of Belfry that publishes. It counts its SENTs, and discards messages of other clients.
class Publisher : public WindowedPublisher {
  public:
    /// Logs in and reads up to LIVE.
    /// @param client_id a client that has never sent a message
    /// @param window messages in flight, at least 1
    /// @param bytes size of each message
    Publisher(std::uint16_t port, std::string_view client_id, std::uint64_t window,
              std::size_t bytes = payload_size);

  private:
    void print(std::string& out) override;
    std::uint64_t answers_in(std::string_view bytes) override;

    std::string tail_;
    FrameCounter counter_;
    std::uint64_t seq_ = 0;
};

}  // namespace belfry::bench
