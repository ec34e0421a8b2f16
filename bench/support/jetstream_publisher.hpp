#pragma once

#include "bench/support/line_splitter.hpp"
#include "bench/support/windowed_publisher.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace belfry::bench {

/// A client of NATS that publishes to a stream on disk, and counts the acknowledgements.
class JetStreamPublisher : public WindowedPublisher {
  public:
    /// Connects and creates the stream.
    /// @param window messages in flight, at least 1
    JetStreamPublisher(std::uint16_t port, std::uint64_t window);

  private:
    void print(std::string& out) override;
    std::uint64_t answers_in(std::string_view bytes) override;
    void make_stream();

    LineSplitter lines_;
};

}  // namespace belfry::bench
