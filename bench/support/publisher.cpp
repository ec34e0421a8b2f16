#include "bench/support/publisher.hpp"

#include <algorithm>
#include <charconv>

namespace belfry::bench {
namespace {

constexpr std::size_t input_size = 64 << 10;

void append_send(std::string& out, std::uint64_t seq) {
    static const std::string behind_seq =
        ' ' + std::to_string(payload_size) + "\r\n" + std::string(payload_size, 'x') + "\r\n";
    char digits[20];
    char* const end = std::to_chars(std::begin(digits), std::end(digits), seq).ptr;
    out.append("SEND ").append(std::begin(digits), end).append(behind_seq);
}

}  // namespace

Publisher::Publisher(std::uint16_t port, std::string_view client_id, std::uint64_t window)
    : connection_{port}, window_{window}, in_(input_size) {
    connection_.send("LOGIN " + std::string{client_id} + "\r\n");
    while (!counter_.live()) receive();
}

double Publisher::rate_over(Seconds duration) {
    const auto start = Clock::now();
    const std::uint64_t before = sent();
    Limit limit;
    limit.end = start + std::chrono::duration_cast<Clock::duration>(duration);
    run(limit);
    return static_cast<double>(sent() - before) / Seconds{Clock::now() - start}.count();
}

void Publisher::publish(std::uint64_t count) {
    Limit limit;
    limit.messages = seq_ + count;
    run(limit);
}

void Publisher::run(const Limit& limit) {
    send(std::min(window_, limit.messages - seq_));
    while (sent() < seq_) {
        receive();
        if (Clock::now() >= limit.end) continue;
        const std::uint64_t room = window_ - (seq_ - sent());
        send(std::min(room, limit.messages - seq_));
    }
}

void Publisher::send(std::uint64_t count) {
    out_.clear();
    for (; count > 0; --count) append_send(out_, ++seq_);
    connection_.send(out_);
}

void Publisher::receive() {
    check_interrupt();
    counter_.feed(connection_.receive(in_));
}

}  // namespace belfry::bench
