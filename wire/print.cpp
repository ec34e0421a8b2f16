#include "wire/print.hpp"

#include "base/decimal_text.hpp"
#include "wire/limits.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace belfry::wire {
namespace {

constexpr std::string_view line_end = "\r\n";

// The length of the longest line `SEND <seq> <nbytes>`, its line ending included.
constexpr std::size_t max_send_line = 5 + 20 + 1 + 20 + 2;

void put(std::string& out, std::string_view text) {
    out += text;
}

void put(std::string& out, std::uint64_t value) {
    std::array<char, 20> digits;
    char* const end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    out.append(digits.data(), end);
}

template <typename... Parts>
void put_line(std::string& out, const Parts&... parts) {
    (put(out, parts), ...);
    out += line_end;
}

// Writes into a buffer that the caller has made large enough, and never beyond its end.
class Pen {
  public:
    explicit Pen(std::span<char> out) noexcept
        : start_{out.data()}, at_{out.data()}, end_{out.data() + out.size()} {}

    Pen& operator<<(std::string_view text) noexcept {
        const std::size_t count = std::min(text.size(), static_cast<std::size_t>(end_ - at_));
        at_ = std::copy_n(text.data(), count, at_);
        return *this;
    }
    Pen& operator<<(std::uint64_t value) noexcept {
        at_ = std::to_chars(at_, end_, value).ptr;
        return *this;
    }
    [[nodiscard]] std::size_t length() const noexcept {
        return static_cast<std::size_t>(at_ - start_);
    }

  private:
    char* start_;
    char* at_;
    char* end_;
};

// Formats the part of a MSG's head that follows the id, and keeps it, because most messages of a
// batch share it, and formatting it is most of the work.
class HeadAfterId {
  public:
    std::string_view of(std::string_view sender, std::uint64_t time_ms,
                        std::size_t payload_bytes) noexcept {
        if (length_ == 0 || time_ms != time_ms_ || payload_bytes != payload_bytes_ ||
            sender != this->sender()) {
            Pen pen{text_};
            pen << " " << sender << " " << time_ms << " " << payload_bytes << line_end;
            length_ = pen.length();
            sender_length_ = std::min(sender.size(), length_ - 1);
            time_ms_ = time_ms;
            payload_bytes_ = payload_bytes;
        }
        return {text_.data(), length_};
    }

  private:
    [[nodiscard]] std::string_view sender() const noexcept {
        return {text_.data() + 1, sender_length_};
    }

    std::array<char, max_frame_overhead> text_{};
    std::size_t length_ = 0;
    std::size_t sender_length_ = 0;
    std::uint64_t time_ms_ = 0;
    std::size_t payload_bytes_ = 0;
};

}  // namespace

void print(std::string& out, const Welcome& frame) {
    std::string more;
    if (frame.accepted > frame.seq) more = " accepted=" + std::to_string(frame.accepted);
    put_line(out, "WELCOME ", frame.client_id, " epoch=", frame.epoch, " cursor=", frame.cursor,
             " last=", frame.last, " seq=", frame.seq, " max-payload=", frame.max_payload,
             " server=", frame.server, std::string_view{more});
}

void print(std::string& out, const Message& frame) {
    put_line(out, frame.past ? "PAST " : "MSG ", frame.id, " ", frame.sender, " ", frame.time_ms,
             " ", frame.payload.size());
    put_line(out, frame.payload);
}

void print(std::string& out, const Sent& frame) {
    std::array<char, max_sent_line> line;
    out.append(line.data(), print_sent(line, frame.seq, frame.id));
}

void print(std::string& out, const Dup& frame) {
    put_line(out, "DUP ", frame.seq);
}

void print(std::string& out, const Live& frame) {
    put_line(out, "LIVE ", frame.id);
}

void print(std::string& out, const Gap& frame) {
    put_line(out, "GAP ", frame.first_id, " ", frame.last_id);
}

void print(std::string& out, const End& frame) {
    put_line(out, "END ", frame.first_id, " ", frame.last_id);
}

void print_end_of_users(std::string& out) {
    put_line(out, "END");
}

void print(std::string& out, const User& frame) {
    put_line(out, "USER ", frame.client_id, frame.online ? " online" : " offline",
             " cursor=", frame.cursor);
}

void print(std::string& out, const Presence& frame) {
    put_line(out, frame.online ? "ONLINE " : "OFFLINE ", frame.client_id);
}

void print(std::string& out, const Pong& frame) {
    put_line(out, frame.token.empty() ? "PONG" : "PONG ", frame.token);
}

void print(std::string& out, const Error& frame) {
    put(out, "ERR ");
    put(out, frame.code);
    if (frame.seq == 0) {
        put_line(out, " - ", frame.text);
    } else {
        put_line(out, " ", frame.seq, " ", frame.text);
    }
}

void print(std::string& out, const Bye& frame) {
    put_line(out, "BYE ", frame.reason);
}

void print_error(std::string& out, ErrorCode code, std::uint64_t seq) {
    print(out, Error{name_of(code), seq, text_of(code)});
}

std::size_t print_message_head(std::span<char> out, std::uint64_t id, std::string_view sender,
                               std::uint64_t time_ms, std::size_t payload_bytes) noexcept {
    thread_local base::DecimalText id_text;
    thread_local HeadAfterId rest;
    Pen pen{out};
    pen << "MSG " << id_text.of(id) << rest.of(sender, time_ms, payload_bytes);
    return pen.length();
}

std::size_t print_sent(std::span<char> out, std::uint64_t seq, std::uint64_t id) noexcept {
    thread_local base::DecimalText seq_text;
    thread_local base::DecimalText id_text;
    Pen pen{out};
    pen << "SENT " << seq_text.of(seq) << " " << id_text.of(id) << line_end;
    return pen.length();
}

void print(std::string& out, const Login& command) {
    put_line(out, "LOGIN ", command.client_id, command.manual_ack ? " ack=manual" : "",
             command.presence ? " presence=on" : "", command.secret ? " secret=" : "",
             command.secret.value_or(""));
}

void print(std::string& out, const Send& command) {
    std::array<char, max_send_line> line;
    Pen pen{line};
    pen << "SEND " << command.seq << " " << std::uint64_t{command.payload.size()} << line_end;
    out.append(line.data(), pen.length()).append(command.payload).append(line_end);
}

void print(std::string& out, const Say& command) {
    put_line(out, "SAY ", command.text);
}

void print(std::string& out, const Ack& command) {
    put_line(out, "ACK ", command.id);
}

void print(std::string& out, const History& command) {
    put_line(out, "HISTORY ", command.first_id, " ", command.count);
}

void print(std::string& out, const Who&) {
    put_line(out, "WHO");
}

void print(std::string& out, const Ping& command) {
    put_line(out, command.token.empty() ? "PING" : "PING ", command.token);
}

void print(std::string& out, const Quit&) {
    put_line(out, "QUIT");
}

}  // namespace belfry::wire
