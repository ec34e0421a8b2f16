#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace belfry::bench {

/// Counts the frames that a server sends, which may arrive in any pieces. It reads only the control
/// lines and skips the payloads, so that the reader costs little compared with the server.
class FrameCounter {
  public:
    /// @throws test::Failure on ERR, DUP, GAP and BYE: no benchmark expects them
    void feed(std::string_view bytes);

    [[nodiscard]] std::uint64_t messages() const { return messages_; }  ///< complete MSG frames
    [[nodiscard]] std::uint64_t sent() const { return sent_; }
    [[nodiscard]] bool live() const { return live_; }

  private:
    std::string_view without_payload(std::string_view bytes);
    void line(std::string_view line);

    std::uint64_t messages_ = 0;
    std::uint64_t sent_ = 0;
    bool live_ = false;
    std::size_t payload_left_ = 0;  ///< with its line end; 0 if a line comes next
    std::string begun_;             ///< the part of an incomplete line
};

}  // namespace belfry::bench
