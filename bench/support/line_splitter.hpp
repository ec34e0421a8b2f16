#pragma once

#include <string>
#include <string_view>

namespace belfry::bench {

/// Splits bytes that arrive in any pieces into lines.
class LineSplitter {
  public:
    /// Calls `take` with each line that is complete, without its CRLF.
    template <typename Take>
    void feed(std::string_view bytes, Take take) {
        while (true) {
            const std::size_t end = bytes.find('\n');
            if (end == std::string_view::npos) break;
            if (begun_.empty()) {
                take(without_cr(bytes.substr(0, end)));
            } else {
                begun_ += bytes.substr(0, end);
                take(without_cr(begun_));
                begun_.clear();
            }
            bytes.remove_prefix(end + 1);
        }
        begun_ += bytes;
    }

  private:
    static std::string_view without_cr(std::string_view line) {
        if (line.ends_with('\r')) line.remove_suffix(1);
        return line;
    }

    std::string begun_;
};

}  // namespace belfry::bench
