#include "bench/support/windowed_publisher.hpp"

#include <algorithm>

namespace belfry::bench {
namespace {

constexpr std::size_t input_size = 64 << 10;

}  // namespace

WindowedPublisher::WindowedPublisher(std::uint16_t port, std::uint64_t window)
    : connection_{port}, window_{window}, in_(input_size) {}

double WindowedPublisher::rate_over(Seconds duration) {
    const auto start = Clock::now();
    const std::uint64_t before = answered_;
    Limit limit;
    limit.end = start + std::chrono::duration_cast<Clock::duration>(duration);
    run(limit);
    return static_cast<double>(answered_ - before) / Seconds{Clock::now() - start}.count();
}

void WindowedPublisher::publish(std::uint64_t count) {
    Limit limit;
    limit.messages = sent_ + count;
    run(limit);
}

void WindowedPublisher::run(const Limit& limit) {
    send(std::min(window_, limit.messages - sent_));
    while (answered_ < sent_) {
        receive();
        if (Clock::now() >= limit.end) continue;
        const std::uint64_t room = window_ - (sent_ - answered_);
        send(std::min(room, limit.messages - sent_));
    }
}

void WindowedPublisher::send(std::uint64_t count) {
    out_.clear();
    sent_ += count;
    for (; count > 0; --count) print(out_);
    connection_.send(out_);
}

void WindowedPublisher::receive() {
    check_interrupt();
    answered_ += answers_in(connection_.receive(in_));
}

}  // namespace belfry::bench
