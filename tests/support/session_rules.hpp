#pragma once

#include "tests/support/frame_reader.hpp"

#include <cstdint>
#include <string>

namespace belfry::test {

/// The rules that the protocol promises for every connection, checked for every frame that a test
/// reads. MSG, SENT and GAP cover each id after the cursor once and in order. No client receives
/// its own messages. LIVE comes once, right after the backlog. Nothing follows BYE.
class SessionRules {
  public:
    /// Throws Failure if the frame breaks a rule.
    void check(const Frame& frame);

    /// Returns the last id that this connection has received.
    [[nodiscard]] std::uint64_t last_id() const { return last_id_; }

  private:
    void welcome(const Frame& frame);
    void cover(const Frame& frame, std::uint64_t first_id, std::uint64_t last_id);
    void live(const Frame& frame);

    bool is_welcome_ = false;
    bool is_live_ = false;
    bool is_over_ = false;
    std::string client_id_;
    std::uint64_t backlog_end_ = 0;
    std::uint64_t last_id_ = 0;
};

}  // namespace belfry::test
