#include "bench/support/stage.hpp"

#include "tests/support/failure.hpp"

#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>

#include <algorithm>
#include <array>

namespace belfry::bench {
namespace {

constexpr std::size_t max_at_once = 1U << 20;
constexpr std::uint64_t publisher_tag = ~std::uint64_t{0};
constexpr std::chrono::seconds limit{10};

double own_cpu_seconds() {
    timespec time{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

double own_user_seconds() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return static_cast<double>(usage.ru_utime.tv_sec) +
           1e-6 * static_cast<double>(usage.ru_utime.tv_usec);
}

timespec to_timespec(Clock::duration duration) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(duration);
    return {seconds.count(), std::chrono::nanoseconds{duration - seconds}.count()};
}

}  // namespace

Stage::Stage(std::unique_ptr<Peer> peer, std::size_t subscribers, FlowControl flow)
    : peer_{std::move(peer)},
      flow_{flow},
      cpu_{peer_->leader()},
      epoll_{::epoll_create1(EPOLL_CLOEXEC)},
      received_(subscribers, 0) {
    if (!epoll_) throw test::system_failure("epoll_create1");
    subscribers_.reserve(subscribers);
    for (std::size_t index = 0; index < subscribers; ++index) {
        check_interrupt();
        subscribers_.push_back({peer_->connect()});
        peer_->subscribe(subscribers_.back().connection, index);
    }
    publisher_ = std::make_unique<Connection>(peer_->connect());
    peer_->introduce(*publisher_);
    for (const Subscriber& subscriber : subscribers_) peer_->settle(subscriber.connection);
    peer_->settle(*publisher_);
    for (std::size_t index = 0; index < subscribers; ++index) {
        watch(subscribers_[index].connection.fd(), index, EPOLLIN, EPOLL_CTL_ADD);
    }
    watch(publisher_->fd(), publisher_tag, EPOLLIN, EPOLL_CTL_ADD);
}

void Stage::watch(int fd, std::uint64_t tag, std::uint32_t events, int operation) const {
    epoll_event event{};
    event.events = events;
    event.data.u64 = tag;
    if (::epoll_ctl(epoll_.get(), operation, fd, &event) != 0) {
        throw test::system_failure("epoll_ctl");
    }
}

// --- The two kinds of run ---------------------------------------------------------------------

Stage::Rate Stage::publish_all(std::uint64_t messages, std::string_view payload) {
    begin_run();
    const double cpu_before = cpu_.seconds();
    const double own_before = own_cpu_seconds();
    const double user_before = own_user_seconds();
    const auto start = Clock::now();
    publish_some(messages, payload);
    while (published_ < messages || !is_complete()) {
        look_or_give_up();
        publish_some(messages, payload);
    }
    const double seconds = Seconds{Clock::now() - start}.count();
    const double own = own_cpu_seconds() - own_before;
    const double user = own_user_seconds() - user_before;
    check_complete();
    const double cpu = cpu_.seconds() - cpu_before;
    const auto deliveries = static_cast<double>(messages * subscribers_.size());
    return {deliveries / seconds, 1e9 * cpu / deliveries, own / seconds, 1e9 * user / deliveries};
}

std::vector<double> Stage::publish_at(double messages_a_second, std::uint64_t messages,
                                      std::string_view payload) {
    begin_run();
    timed_ = true;
    const auto pause = std::chrono::duration_cast<Clock::duration>(Seconds{1 / messages_a_second});
    for (auto next = Clock::now(); published_ < messages; next += pause) {
        for (auto left = next - Clock::now(); left.count() > 0; left = next - Clock::now()) {
            static_cast<void>(look(left));
        }
        publish(1, payload);
        flush();
    }
    while (!is_complete()) look_or_give_up();
    check_complete();
    timed_ = false;
    std::ranges::sort(times_);
    return std::move(times_);
}

void Stage::begin_run() {
    published_ = 0;
    for (Subscriber& subscriber : subscribers_) subscriber.timed = 0;
    sent_.clear();
    times_.clear();
}

// --- Publishing -------------------------------------------------------------------------------

/// Publishes as many messages as flow control permits. It waits until it can send half a window, or
/// all that is left, at once.
void Stage::publish_some(std::uint64_t messages, std::string_view payload) {
    if (!out_.empty() || expected_ - slowest_ > flow_.lead_bytes) return;
    const std::uint64_t window = peer_->window(flow_.window);
    const std::uint64_t left = messages - published_;
    const std::uint64_t room = std::min(window - unanswered_, left);
    if (room == 0 || room < std::min(window / 2, left)) return;
    publish(room, payload);
    flush();
}

void Stage::publish(std::uint64_t count, std::string_view payload) {
    expected_ += peer_->print(out_, count, payload);
    published_ += count;
    unanswered_ += count;
    if (timed_) sent_.push_back({expected_, Clock::now()});
}

void Stage::flush() {
    if (out_.empty()) return;
    out_.erase(0, publisher_->send_now(out_));
    if (waits_for_room_ == !out_.empty()) return;
    waits_for_room_ = !out_.empty();
    const std::uint32_t events = waits_for_room_ ? EPOLLIN | EPOLLOUT : EPOLLIN;
    watch(publisher_->fd(), publisher_tag, events, EPOLL_CTL_MOD);
}

// --- Reading ----------------------------------------------------------------------------------

/// Waits for events, for at most `limit`, and handles them.
/// @return true if anything has come
bool Stage::look(Clock::duration limit) {
    check_interrupt();
    std::array<epoll_event, 256> events{};
    const timespec timeout = to_timespec(limit);
    const int count = ::epoll_pwait2(epoll_.get(), events.data(), static_cast<int>(events.size()),
                                     &timeout, nullptr);
    if (count < 0 && errno != EINTR) throw test::system_failure("epoll_pwait2");
    for (int i = 0; i < count; ++i) {
        const epoll_event& event = events[static_cast<std::size_t>(i)];
        if (event.data.u64 != publisher_tag) {
            read(event.data.u64);
            continue;
        }
        if ((event.events & EPOLLOUT) != 0) flush();
        if ((event.events & ~std::uint32_t{EPOLLOUT}) != 0) read_answers();
    }
    slowest_ = std::ranges::min(received_);
    return count != 0;
}

void Stage::look_or_give_up() {
    if (!look(limit)) give_up();
}

/// Throws test::Failure unless every subscriber has exactly the expected bytes.
void Stage::check_complete() const {
    if (std::ranges::max(received_) != expected_) give_up();
}

void Stage::read_answers() {
    std::array<char, 64 << 10> buffer;
    std::string_view answers;
    do {
        answers = publisher_->receive_now(buffer);
        unanswered_ -= peer_->answered(answers);
    } while (answers.size() == buffer.size());
}

void Stage::read(std::size_t index) {
    std::size_t count = 0;
    do {
        count = subscribers_[index].connection.discard_now(max_at_once);
        received_[index] += count;
    } while (count == max_at_once);
    if (timed_) take_times(subscribers_[index], received_[index]);
}

void Stage::take_times(Subscriber& subscriber, std::uint64_t received) {
    const auto now = Clock::now();
    while (subscriber.timed < sent_.size() && sent_[subscriber.timed].end <= received) {
        times_.push_back(Seconds{now - sent_[subscriber.timed].at}.count());
        ++subscriber.timed;
    }
}

void Stage::give_up() const {
    const auto behind = std::ranges::count_if(
        received_, [this](std::uint64_t bytes) { return bytes != expected_; });
    throw test::Failure(peer_->name() + ": " + std::to_string(behind) + " of " +
                        std::to_string(received_.size()) +
                        " subscribers have not received all bytes; " + std::to_string(unanswered_) +
                        " messages are unanswered");
}

}  // namespace belfry::bench
