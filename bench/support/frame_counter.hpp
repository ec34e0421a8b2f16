#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace belfry::bench {

/// Counts what a server sends, in any pieces. It looks at the control lines alone and steps over
/// the payloads, so that the reader costs little beside the server.
class FrameCounter {
  public:
    /// @throws test::Failure on ERR, DUP, GAP and BYE: no benchmark expects them
    void feed(std::string_view bytes);

    [[nodiscard]] std::uint64_t messages() const { return messages_; }  ///< MSG frames, whole
    [[nodiscard]] std::uint64_t sent() const { return sent_; }
    [[nodiscard]] bool live() const { return live_; }

  private:
    std::string_view without_payload(std::string_view bytes);
    void line(std::string_view line);

    std::uint64_t messages_ = 0;
    std::uint64_t sent_ = 0;
    bool live_ = false;
    std::size_t payload_left_ = 0;  ///< with its line ending; 0: a line comes next
    std::string begun_;             ///< a line whose end has not come
};

}  // namespace belfry::bench
