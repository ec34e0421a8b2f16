#include "gate/web_copy.hpp"

#include "wire/error_code.hpp"

#include <string.h>

#include <algorithm>
#include <utility>

namespace belfry::gate {
namespace {

using boost::system::error_code;

/// Size of the buffer for each direction. With those of OpenSSL, a relay has less than 256 KiB.
constexpr std::size_t copy_buffer = std::size_t{64} << 10;

// The names are those of RFC 6455.
constexpr std::uint16_t normal_closure = 1000;
constexpr std::uint16_t going_away = 1001;
constexpr std::uint16_t internal_error = 1011;

/// Returns the last line without its ending; empty if it is not complete.
std::string_view last_line(std::string_view end) noexcept {
    if (!end.ends_with("\r\n")) return {};
    end.remove_suffix(2);
    const auto before = end.rfind('\n');
    return before == std::string_view::npos ? end : end.substr(before + 1);
}

/// Returns the second word of a line; empty if it is not of letters and hyphens, as all reasons
/// are.
std::string_view second_word(std::string_view line) noexcept {
    constexpr std::size_t max_word = 32;
    line.remove_prefix(std::min(line.find(' ') + 1, line.size()));
    const std::string_view word = line.substr(0, line.find(' '));
    const bool is_sound = word.size() <= max_word && std::ranges::all_of(word, [](char c) {
                              return (c >= 'a' && c <= 'z') || c == '-';
                          });
    return is_sound ? word : std::string_view{};
}

/// Tells whether the server may have closed the connection after an ERR with this code.
bool may_close(std::string_view code) noexcept {
    const auto known = wire::error_code_named(code);
    // After too-large the line does not tell.
    return !known || wire::closes(*known) || *known == wire::ErrorCode::too_large;
}

}  // namespace

CloseReason close_reason(std::string_view end) noexcept {
    const std::string_view line = last_line(end);
    const std::string_view word = second_word(line);
    if (line == "BYE shutting-down") return {going_away, word};
    if (line.starts_with("BYE ") || (line.starts_with("ERR ") && may_close(word))) {
        return {normal_closure, word};
    }
    return {internal_error, "the session has ended"};
}

void StreamTail::add(std::string_view bytes) noexcept {
    const std::size_t added = std::min(bytes.size(), bytes_.size());
    const std::size_t kept = std::min(size_, bytes_.size() - added);
    std::copy_n(bytes_.data() + size_ - kept, kept, bytes_.data());
    std::copy_n(bytes.data() + bytes.size() - added, added, bytes_.data() + kept);
    size_ = kept + added;
}

WebCopy::WebCopy(ClientStream& client, SessionLink& session, Handlers handlers)
    : session_{&session.stream()},
      handlers_{std::move(handlers)},
      socket_{client,
              {.accepted =
                   [this] {
                       read_client();
                       accepted_();
                   },
               .read =
                   [this](const WebSocket::Piece& piece) {
                       piece_ = piece.count;
                       write_session(0);
                   },
               .written = [this] { session_->has_more() ? go_on_downwards() : wait_for_session(); },
               .ended = [this] { handlers_.client_ended(); }}},
      upwards_{copy_buffer},
      downwards_{copy_buffer} {}

void WebCopy::accept(const HttpRequest& request, std::function<void()> accepted) {
    accepted_ = std::move(accepted);
    socket_.accept(request);
}

/// Writes the piece of the client, and reads the next one. If the session takes nothing any more,
/// its last line may still be on the way, and nothing more is read.
void WebCopy::write_session(std::size_t from) {
    while (from != piece_) {
        const Step step = session_->write(upwards_.data() + from, piece_ - from);
        if (step.outcome == Outcome::must_write) {
            return session_->wait(step.outcome, [this, from](const error_code& error) {
                if (!error) write_session(from);
            });
        }
        if (step.outcome != Outcome::done) return;
        from += step.count;
    }
    ::explicit_bzero(upwards_.data(), piece_);  // the client's secret
    read_client();
}

void WebCopy::go_on_downwards() {
    const Step step = session_->read(downwards_.data(), downwards_.size());
    if (step.outcome == Outcome::must_read) return wait_for_session();
    if (step.outcome != Outcome::done) return handlers_.session_ended();
    tail_.add({downwards_.data(), step.count});
    socket_.write({downwards_.data(), step.count});
}

void WebCopy::wait_for_session() {
    session_->wait(Outcome::must_read, [this](const error_code& error) {
        if (!error) go_on_downwards();
    });
}

void WebCopy::close(std::function<void()> closed) {
    const auto [code, reason] = close_reason(tail_.view());
    socket_.close(code, reason, std::move(closed));
}

}  // namespace belfry::gate
