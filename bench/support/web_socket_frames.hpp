#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace belfry::bench {

/// Parses the frames that a WebSocket server sends, which may arrive in any pieces. It reads only
/// the headers, and passes the data on without looking at it, so that the parser costs little
/// compared with the server.
class WebSocketFrames {
  public:
    /// Calls `take` with each piece of data in `bytes`.
    /// @throws test::Failure if the server ends the connection or breaks the protocol
    template <typename Take>
    void feed(std::string_view bytes, Take take) {
        while (!bytes.empty()) {
            if (left_ == 0) {
                bytes.remove_prefix(begin_frame(bytes));
                continue;
            }
            const auto here =
                static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
            left_ -= here;
            if (is_data_) {
                take(bytes.substr(0, here));
            } else {
                take_control(bytes.substr(0, here));
            }
            bytes.remove_prefix(here);
        }
    }

    /// Returns how many bytes of data follow before the next header.
    [[nodiscard]] std::uint64_t data_left() const { return is_data_ ? left_ : 0; }

    /// Skips data that the caller has received itself.
    /// @param count at most data_left()
    void skip(std::uint64_t count) { left_ -= count; }

    /// Returns the payloads of the pings that have come since the last call.
    [[nodiscard]] std::vector<std::string> take_pings() { return std::exchange(pings_, {}); }

  private:
    /// Reads a header, or the part of it that is there.
    /// @return how many bytes it has read
    std::size_t begin_frame(std::string_view bytes) {
        if (header_.empty() && bytes.size() >= 2) {
            const auto first = static_cast<unsigned char>(bytes[0]);
            const auto second = static_cast<unsigned char>(bytes[1]);
            if ((first & 0x7fU) <= max_data_opcode && second < length_of_16_bits) {
                is_data_ = true;
                left_ = second;
                return 2;
            }
        }
        return begin_other_frame(bytes);
    }
    std::size_t begin_other_frame(std::string_view bytes);
    void take_header();
    void take_control(std::string_view piece);

    static constexpr unsigned max_data_opcode = 2;  ///< continuation, text and binary
    static constexpr unsigned length_of_16_bits = 126;

    std::uint64_t left_ = 0;  ///< bytes of the current frame that have not come yet
    bool is_data_ = false;    ///< of the current frame
    unsigned opcode_ = 0;     ///< of the current frame if it has no data
    std::string header_;      ///< the part of an incomplete header
    std::string control_;     ///< the part of an incomplete control frame
    std::vector<std::string> pings_;
};

}  // namespace belfry::bench
