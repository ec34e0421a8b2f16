#include "terminal/input.hpp"

#include "belfry/client.hpp"
#include "terminal/standard_error.hpp"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

namespace belfry::terminal {
namespace {

std::string_view without_cr(std::string_view line) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

constexpr std::size_t read_size = 65536;

}  // namespace

std::optional<InputLine> LineReader::next(std::string_view& input) {
    const auto lf = input.find('\n');
    const auto piece = input.substr(0, lf);
    const bool complete = lf != std::string_view::npos;
    input.remove_prefix(piece.size() + (complete ? 1 : 0));
    if (complete && begun_.empty()) return finished(without_cr(piece));
    // Two more bytes than the limit are kept: one may be the CR, and the other shows that the line
    // is too long.
    begun_ += piece.substr(0, limit_ + 2 - begun_.size());
    if (!complete) return std::nullopt;
    finished_ = std::exchange(begun_, {});
    return finished(without_cr(finished_));
}

std::optional<InputLine> LineReader::last() {
    if (begun_.empty()) return std::nullopt;
    finished_ = std::exchange(begun_, {});
    return finished(finished_);
}

InputLine LineReader::finished(std::string_view text) {
    ++number_;
    if (text.size() > limit_) return {number_, {}, true};
    return {number_, text, false};
}

Input::Input(int fd) : fd_{fd}, buffer_(read_size), lines_{max_payload} {}

void Input::read() {
    const auto n = ::read(fd_, buffer_.data(), buffer_.size());
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    has_failed_ = n < 0;
    if (n < 0) warn(std::string{"cannot read standard input: "} + std::strerror(errno));
    has_ended_ = n <= 0;
    if (n > 0) unread_ = {buffer_.data(), static_cast<std::size_t>(n)};
}

std::optional<InputLine> Input::next() {
    if (!unread_.empty()) {
        if (const auto line = lines_.next(unread_)) return line;
    }
    return has_ended_ ? lines_.last() : std::nullopt;
}

bool Input::is_drained() const {
    if (has_ended_) return true;
    pollfd ready{.fd = fd_, .events = POLLIN, .revents = 0};
    return !lines_.has_begun() && ::poll(&ready, 1, 0) == 0;
}

std::optional<int> Input::percent_read() const {
    struct stat status {};
    if (::fstat(fd_, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size == 0) return {};
    const off_t at = ::lseek(fd_, 0, SEEK_CUR);
    if (at < 0) return {};
    return static_cast<int>(std::min<off_t>(at, status.st_size) * 100 / status.st_size);
}

}  // namespace belfry::terminal
