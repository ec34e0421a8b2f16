#include "bench/support/reading_clients.hpp"

#include "bench/support/secrets.hpp"
#include "bench/support/wait.hpp"

#include <sys/epoll.h>

#include <array>

namespace belfry::bench {
namespace {

constexpr std::size_t buffer_size = 64 << 10;
constexpr int stop_after_ms = 50;

/// The maximum number of logins under way. With more, a login could take longer than its ten
/// seconds.
constexpr std::size_t max_logins = 200;

constexpr std::chrono::seconds timeout{300};

}  // namespace

ReadingClients::ReadingClients(std::uint16_t port, const std::vector<std::string>& client_ids,
                               const Tls* tls)
    : epoll_{::epoll_create1(EPOLL_CLOEXEC)} {
    if (!epoll_) throw test::system_failure("epoll_create1");
    members_.reserve(client_ids.size());
    std::vector<char> buffer(buffer_size);
    for (const std::string& client_id : client_ids) {
        while (members_.size() - live_ >= max_logins) {
            check_interrupt();
            read_once(buffer);
        }
        log_in({port, tls}, client_id);
    }
    {
        const NoInterruptsHere to_the_main_thread;
        thread_ = std::thread{[this] { read_all(); }};
    }
    // The destructor of an object whose constructor throws does not run, so this joins the thread.
    try {
        const auto all_live = [this] { return check(), live_ == members_.size(); };
        wait_until(all_live, timeout, "the clients are not live");
    } catch (...) {
        stop_ = true;
        thread_.join();
        throw;
    }
}

ReadingClients::~ReadingClients() {
    stop_ = true;
    thread_.join();
}

void ReadingClients::log_in(Connection new_connection, const std::string& client_id) {
    check_interrupt();
    members_.push_back({std::move(new_connection)});
    const Connection& connection = members_.back().connection;
    connection.send(login_line(client_id));
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = members_.size() - 1;
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, connection.fd(), &event) != 0) {
        throw test::system_failure("epoll_ctl");
    }
}

void ReadingClients::wait_until_each_has(std::uint64_t messages) const {
    const std::uint64_t all = messages * members_.size();
    const auto all_read = [&] { return check(), messages_ == all; };
    wait_until(all_read, timeout, "the clients have not read all");
}

void ReadingClients::read_all() noexcept {
    try {
        std::vector<char> buffer(buffer_size);
        while (!stop_) read_once(buffer);
    } catch (...) {
        failure_ = std::current_exception();
        failed_ = true;
    }
}

void ReadingClients::read_once(std::vector<char>& buffer) {
    std::array<epoll_event, 256> events{};
    const int count =
        ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), stop_after_ms);
    for (int i = 0; i < count; ++i) {
        read(members_[events[static_cast<std::size_t>(i)].data.u64], buffer);
    }
}

void ReadingClients::read(Member& member, std::vector<char>& buffer) {
    FrameCounter& counter = member.counter;
    const bool was_live = counter.live();
    const std::uint64_t before = counter.messages();
    counter.feed(member.connection.receive_now(buffer));
    messages_ += counter.messages() - before;
    if (counter.live() && !was_live) ++live_;
}

void ReadingClients::check() const {
    if (failed_) std::rethrow_exception(failure_);
}

}  // namespace belfry::bench
