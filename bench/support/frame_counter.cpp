#include "bench/support/frame_counter.hpp"

#include "tests/support/failure.hpp"

#include <algorithm>
#include <charconv>

namespace belfry::bench {
namespace {

constexpr std::size_t payload_ending = 2;

/// Returns the number after the last space of `MSG <id> <sender> <ms> <nbytes>` CR.
std::size_t payload_bytes(std::string_view line) {
    const char* const first = line.data() + line.rfind(' ') + 1;
    const char* const last = line.data() + line.size() - 1;
    std::size_t bytes = 0;
    const auto [end, error] = std::from_chars(first, last, bytes);
    if (error != std::errc{} || end != last) {
        throw test::Failure("no length in '" + std::string{line} + "'");
    }
    return bytes;
}

bool is_unexpected(std::string_view line) {
    return line.starts_with("ERR ") || line.starts_with("DUP ") || line.starts_with("GAP ") ||
           line.starts_with("BYE ");
}

}  // namespace

void FrameCounter::feed(std::string_view bytes) {
    bytes = without_payload(bytes);
    while (!bytes.empty()) {
        const std::size_t end = bytes.find('\n');
        if (end == std::string_view::npos) {
            begun_ += bytes;
            return;
        }
        if (begun_.empty()) {
            line(bytes.substr(0, end));
        } else {
            line(begun_.append(bytes.substr(0, end)));
            begun_.clear();
        }
        bytes = without_payload(bytes.substr(end + 1));
    }
}

std::string_view FrameCounter::without_payload(std::string_view bytes) {
    if (payload_left_ == 0) return bytes;
    const std::size_t here = std::min(payload_left_, bytes.size());
    payload_left_ -= here;
    if (payload_left_ == 0) ++messages_;
    return bytes.substr(here);
}

void FrameCounter::line(std::string_view line) {
    if (line.starts_with("MSG ")) {
        payload_left_ = payload_bytes(line) + payload_ending;
    } else if (line.starts_with("SENT ")) {
        ++sent_;
    } else if (line.starts_with("LIVE ")) {
        live_ = true;
    } else if (is_unexpected(line)) {
        throw test::Failure("unexpected frame: '" + std::string{line} + "'");
    }
}

}  // namespace belfry::bench
