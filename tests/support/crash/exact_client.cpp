#include "tests/support/crash/exact_client.hpp"

#include "tests/support/crash/payload.hpp"
#include "tests/support/failure.hpp"

#include <algorithm>
#include <utility>

namespace belfry::test {
namespace {

/// The number of messages without SENT at one time.
constexpr std::size_t window = 32;

/// How long a client that was refused waits before it sends its messages again.
constexpr Milliseconds retry_after{200};

/// How long a client whose login was refused waits before it connects again.
constexpr Milliseconds pause_after_refusal{20};

/// How long a client is refused, or waits for its login, before it connects again.
constexpr Milliseconds max_stuck{5000};

std::int64_t nanoseconds(Clock::time_point moment) {
    return std::chrono::nanoseconds{moment.time_since_epoch()}.count();
}

/// True if the frame announces a stop of the server. Before its login a client may also get
/// too-many-clients, if the stop was interrupted by a kill.
bool is_of_a_stop(const Frame& frame) {
    return frame.line == "BYE shutting-down" || frame.line.starts_with("ERR too-many-clients ");
}

}  // namespace

ExactClient::ExactClient(std::size_t index, Connect connect, Pace& pace, std::uint64_t max_made)
    : index_{index},
      connect_{std::move(connect)},
      pace_{pace},
      max_made_{max_made},
      thread_{[this] { run(); }} {}

void ExactClient::stop() {
    stopping_ = true;
    if (thread_.joinable()) thread_.join();
}

void ExactClient::run() {
    while (!stopping_) {
        try {
            run_session();
        } catch (const Disconnected&) {
            // While the whole server is down, no process listens.
            std::this_thread::sleep_for(Milliseconds{1});
        } catch (const std::exception& failure) {
            fault(failure.what());
        }
        live_ = false;
        pace_.leave(index_);
    }
}

void ExactClient::run_session() {
    RawClient client = connect_();
    try {
        converse(client);
    } catch (const Disconnected&) {
        ++breaks_;
    }
}

void ExactClient::converse(RawClient& client) {
    const std::string name = std::to_string(index_ + 1);
    std::string bytes = "LOGIN " + name + " ack=manual\r\n";
    for (const std::uint64_t number : pending_) bytes += message(number);
    connecting_since_ = Clock::now();
    refused_since_.reset();
    refused_at_.reset();
    client.send(bytes);
    std::uint64_t acknowledged = 0;
    while (!stopping_) {
        if (!client.receive(1)) throw Disconnected("by the server");
        if (expects_refusals_) leave_if_stuck(client);
        if (cut_.exchange(false)) {
            client.reset();
            throw Disconnected("by a cut");
        }
        while (!stopping_) {
            const auto frame = client.next_received();
            if (!frame) break;
            take(*frame);
        }
        bytes = refused_messages();
        pace_.report(index_, taken_);
        if (live_ && !refused_since_ && pace_.allows(taken_)) bytes += new_messages();
        if (acknowledged < taken_) {
            acknowledged = taken_;
            bytes += "ACK " + std::to_string(acknowledged) + "\r\n";
        }
        client.send(bytes);
    }
}

/// Does what a client of a cluster does if the node does not serve it: it tries another one. After
/// a reset, a node that continues later knows that the client has given up.
void ExactClient::leave_if_stuck(RawClient& client) const {
    const auto is_over = [](const Since& since) {
        return since && Clock::now() - *since > scaled(max_stuck);
    };
    if (!is_over(connecting_since_) && !is_over(refused_since_)) return;
    client.reset();
    throw Disconnected("by the client");
}

/// Returns all messages without SENT if one of them was refused a while ago. Those that were
/// accepted meanwhile are answered DUP.
std::string ExactClient::refused_messages() {
    std::string bytes;
    if (!refused_at_ || Clock::now() - *refused_at_ < retry_after) return bytes;
    for (const std::uint64_t number : pending_) bytes += message(number);
    refused_at_.reset();
    return bytes;
}

std::string ExactClient::new_messages() {
    std::string bytes;
    while (!finishing_ && made_ < max_made_ && pending_.size() < window) {
        pending_.push_back(made_ + 1);
        bytes += message(made_ + 1);
        ++made_;
    }
    return bytes;
}

std::string ExactClient::message(std::uint64_t number) const {
    const std::string payload = make_payload({index_, number, nanoseconds(Clock::now())});
    return "SEND " + std::to_string(number) + " " + std::to_string(payload.size()) + "\r\n" +
           payload + "\r\n";
}

void ExactClient::take(const Frame& frame) {
    if (frame.verb == "MSG") return take_message(frame);
    if (frame.verb == "SENT") return take_sent(frame);
    if (frame.verb == "DUP") return forget_pending(frame.number(0));
    if (expects_shut_down_ && is_of_a_stop(frame)) return;
    if (expects_refusals_ && take_refusal(frame)) return;
    if (frame.verb == "LIVE") {
        live_ = true;
    } else if (frame.verb == "WELCOME") {
        connecting_since_.reset();
    } else {
        fault("unexpected: " + frame.line);
    }
}

/// @return false: the frame refuses nothing
bool ExactClient::take_refusal(const Frame& frame) {
    if (frame.line.starts_with("ERR store-failed ")) {
        refused_at_ = Clock::now();
        if (!refused_since_) refused_since_ = refused_at_;
    } else if (frame.line.starts_with("ERR unavailable ")) {
        std::this_thread::sleep_for(pause_after_refusal);
    } else {
        return false;
    }
    ++refusals_;
    return true;
}

void ExactClient::take_message(const Frame& frame) {
    const auto tag = read_payload(frame.payload);
    if (!tag || std::to_string(tag->sender + 1) != frame.fields[1]) {
        ++view_.torn;
        return;
    }
    take_entry(frame.number(0), {tag->sender, tag->number});
    newest_push_ = std::max(newest_push_.load(), tag->made_at);
}

void ExactClient::take_sent(const Frame& frame) {
    const std::uint64_t number = frame.number(0);
    take_entry(frame.number(1), {index_, number});
    forget_pending(number);
    refused_since_.reset();
}

void ExactClient::take_entry(std::uint64_t id, const Entry& entry) {
    if (id <= taken_) {
        // The message came again after a login, since it had not been acknowledged.
        if (view_.log[id - 1] != entry) ++view_.contradictions;
        return;
    }
    if (id != taken_ + 1) return fault("a hole before id " + std::to_string(id));
    view_.log.push_back(entry);
    if (entry.sender == index_) ++settled_;
    taken_ = id;
}

void ExactClient::forget_pending(std::uint64_t number) {
    const auto found = std::ranges::lower_bound(pending_, number);
    if (found != pending_.end() && *found == number) pending_.erase(found);
}

void ExactClient::fault(const std::string& what) {
    view_.faults.push_back("client " + std::to_string(index_ + 1) + ": " + what);
    has_faults_ = true;
    // Further faults would be consequences of this one.
    stopping_ = true;
}

}  // namespace belfry::test
