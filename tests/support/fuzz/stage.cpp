#include "tests/support/fuzz/stage.hpp"

#include "daemon/logger.hpp"
#include "shm/invariants.hpp"
#include "shm/news.hpp"
#include "shm/session_slots.hpp"
#include "store/log_record.hpp"
#include "tests/fuzz/check.hpp"
#include "tests/support/deadline.hpp"
#include "tests/support/failure.hpp"
#include "wire/frame_parser.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <boost/interprocess/anonymous_shared_memory.hpp>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <iterator>

namespace belfry::fuzz {
namespace {

using test::Deadline;
using test::default_wait;

/// The output thread of a session that has ended may notice that only after 5 s, if nothing happens
/// in the log.
constexpr test::Milliseconds thread_timeout{15'000};

shm::Segment make_segment() {
    shm::SegmentPlan plan;
    plan.ring_bytes = 64 << 10;
    plan.max_clients = 4;
    plan.max_payload = 300;
    plan.epoch = "e";
    plan.program_version = "fuzz";
    for (const auto id : {std::string_view{"ann"}, std::string_view{"bob"}, Stage::witness_name}) {
        plan.clients.push_back({std::string{id}});
    }
    shm::Segment segment{
        boost::interprocess::anonymous_shared_memory(shm::Segment::bytes_for(plan))};
    segment.initialise(plan);
    segment.publish();
    return segment;
}

std::size_t count_threads() {
    const std::filesystem::directory_iterator entries{"/proc/self/task"};
    return static_cast<std::size_t>(std::distance(begin(entries), end(entries)));
}

}  // namespace

// --- Guest ------------------------------------------------------------------------------------

Guest::Guest(shm::Segment& segment, std::uint32_t slot) {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == -1) {
        throw test::system_failure("socketpair");
    }
    client_ = base::UniqueFd{ends[0]};
    heritage_.reset(new server::Heritage{segment, no_data_dir_, shm::give_slot(segment, slot),
                                         base::UniqueFd{ends[1]},
                                         std::chrono::steady_clock::now() + default_wait});
    thread_ = std::thread{[this] {
        session_ = std::make_unique<server::SessionContext>(*heritage_);
        server::serve(*session_);
        // The end of a session process does this too.
        ::shutdown(heritage_->socket.get(), SHUT_RDWR);
    }};
}

void Guest::send(std::string_view bytes) {
    const Deadline deadline{default_wait};
    while (!bytes.empty()) {
        if (deadline.passed()) throw Broken{"the session does not read"};
        if (!receive(POLLIN | POLLOUT)) return;
        const ssize_t count =
            ::send(client_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count == -1 && errno != EAGAIN) return;  // the session has ended
        if (count > 0) bytes.remove_prefix(static_cast<std::size_t>(count));
    }
}

void Guest::shutdown_sending() {
    ::shutdown(client_.get(), SHUT_WR);
}

std::optional<test::Frame> Guest::next() {
    const Deadline deadline{default_wait};
    while (true) {
        if (auto frame = reader_.next()) {
            rules_.check(*frame);
            return frame;
        }
        if (deadline.passed()) throw Broken{"the session does not answer"};
        if (receive(POLLIN)) continue;
        if (!reader_.unread().empty()) throw Broken{"the session ends within a frame"};
        return std::nullopt;
    }
}

void Guest::expect(std::string_view line) {
    const auto frame = next();
    if (!frame || frame->line != line) {
        throw Broken{"not " + std::string{line} + ": " + (frame ? frame->line : "the end")};
    }
}

/// Waits a moment for one of the events, and receives what has come.
/// @return false at the end of the connection
bool Guest::receive(short events) {
    constexpr int moment_ms = 100;
    pollfd ready{client_.get(), events, 0};
    if (::poll(&ready, 1, moment_ms) <= 0) return true;
    std::array<char, 65536> buffer;
    const ssize_t count = ::recv(client_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (count == -1) return errno == EAGAIN || errno == EINTR;
    const std::string_view bytes{buffer.data(), static_cast<std::size_t>(count)};
    reader_.feed(bytes);
    unchecked_ += bytes;
    check_bytes();
    return count != 0;
}

void Guest::check_bytes() {
    while (true) {
        const auto step = wire::next_frame(unchecked_);
        if (!step.frame) return;
        if (std::holds_alternative<wire::Garbled>(*step.frame) ||
            std::holds_alternative<wire::Unknown>(*step.frame)) {
            throw Broken{"not a frame: " + unchecked_};
        }
        unchecked_.erase(0, step.consumed);
    }
}

void Guest::end() {
    client_.reset();
    if (thread_.joinable()) thread_.join();
}

// --- Stage ------------------------------------------------------------------------------------

Stage::Stage() : threads_before_{count_threads()}, segment_{make_segment()} {
    set_log(LogLevel::error, LogFormat::text);
    witness_.emplace(segment_, 0);
    // With presence its output thread is woken when the session ends.
    witness_->send("LOGIN " + std::string{witness_name} + " presence=on\r\n");
    while (true) {
        const auto frame = witness_->next();
        if (!frame) throw Broken{"the witness cannot log in"};
        if (frame->verb == "LIVE") break;
    }
    guest_.emplace(segment_, 1);
}

Stage::~Stage() {
    if (guest_) guest_->end();
    if (witness_) witness_->end();
    wait_for_threads();
}

void Stage::witness_says(std::string_view text) {
    witness_->send("SEND " + std::to_string(++said_) + " " + std::to_string(text.size()) + "\r\n" +
                   std::string{text} + "\r\n");
}

void Stage::witness_concludes() {
    for (std::uint64_t sent = 0; sent < said_;) {
        const auto frame = witness_->next();
        if (!frame) throw Broken{"the connection of the witness has ended"};
        if (frame->verb == "SENT") {
            if (frame->number(0) != ++sent) throw Broken{"not the next SENT: " + frame->line};
        } else if (frame->verb != "MSG" && frame->verb != "ONLINE" && frame->verb != "OFFLINE") {
            throw Broken{"the witness received an unexpected frame: " + frame->line};
        }
    }
    witness_->send("QUIT\r\n");
    while (witness_->next()) {
    }
}

std::vector<std::string> Stage::broken() const {
    return shm::broken_invariants(segment_, &wire::is_record);
}

/// Waits for the output threads of the sessions, because they use what is destroyed after this. In
/// a server the end of the process ends them.
void Stage::wait_for_threads() {
    const Deadline deadline{thread_timeout};
    while (count_threads() > threads_before_) {
        if (deadline.passed()) std::abort();
        shm::announce_presence(segment_);
        std::this_thread::sleep_for(std::chrono::microseconds{50});
    }
}

}  // namespace belfry::fuzz
