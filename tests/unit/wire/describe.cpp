#include "tests/unit/wire/describe.hpp"

#include <sstream>

namespace belfry::wire::testing {
namespace {

struct Describe {
    std::ostringstream& out;

    void operator()(const Login& c) {
        out << "login " << c.client_id << (c.manual_ack ? " manual" : " auto")
            << (c.presence ? " presence" : "");
        if (c.secret) out << " secret [" << *c.secret << "]";
    }
    void operator()(const Send& c) { out << "send " << c.seq << " [" << c.payload << "]"; }
    void operator()(const Say& c) { out << "say [" << c.text << "]"; }
    void operator()(const Ack& c) { out << "ack " << c.id; }
    void operator()(const History& c) { out << "history " << c.first_id << " " << c.count; }
    void operator()(const Who&) { out << "who"; }
    void operator()(const Ping& c) { out << "ping [" << c.token << "]"; }
    void operator()(const Quit&) { out << "quit"; }
    void operator()(const Malformed& c) {
        out << name_of(c.code) << " " << c.seq << (c.close ? " close" : "")
            << (c.is_login ? " login" : "");
    }

    void operator()(const Welcome& f) {
        out << "welcome " << f.client_id << " " << f.epoch << " " << f.cursor << " " << f.last
            << " " << f.seq << " " << f.max_payload << " " << f.server;
        if (f.accepted != 0) out << " accepted " << f.accepted;
    }
    void operator()(const Message& f) {
        out << (f.past ? "past " : "msg ") << f.id << " " << f.sender << " " << f.time_ms << " ["
            << f.payload << "]";
    }
    void operator()(const Sent& f) { out << "sent " << f.seq << " " << f.id; }
    void operator()(const Dup& f) { out << "dup " << f.seq; }
    void operator()(const Live& f) { out << "live " << f.id; }
    void operator()(const Gap& f) { out << "gap " << f.first_id << " " << f.last_id; }
    void operator()(const End& f) { out << "end " << f.first_id << " " << f.last_id; }
    void operator()(const User& f) {
        out << "user " << f.client_id << (f.online ? " online " : " offline ") << f.cursor;
    }
    void operator()(const Presence& f) {
        out << (f.online ? "online " : "offline ") << f.client_id;
    }
    void operator()(const Pong& f) { out << "pong [" << f.token << "]"; }
    void operator()(const Error& f) {
        out << "err " << f.code << " " << f.seq << " [" << f.text << "]";
    }
    void operator()(const Bye& f) { out << "bye " << f.reason; }
    void operator()(const Unknown& f) { out << "unknown [" << f.line << "]"; }
    void operator()(const Garbled&) { out << "garbled"; }
};

template <typename Variant>
std::string described(const Variant& value) {
    std::ostringstream out;
    std::visit(Describe{out}, value);
    return out.str();
}

// Removes the first bytes, and moves the rest into a new buffer of exactly its size.
void drop_front(std::vector<char>& bytes, std::size_t count) {
    bytes = std::vector<char>(bytes.begin() + static_cast<std::ptrdiff_t>(count), bytes.end());
}

}  // namespace

std::string describe(const Command& command) {
    return described(command);
}

std::string describe(const Frame& frame) {
    return described(frame);
}

void CommandFeed::feed(std::string_view piece) {
    unread_.insert(unread_.end(), piece.begin(), piece.end());
    drop_front(unread_, 0);
    for (;;) {
        const auto step = parser_.next({unread_.data(), unread_.size()});
        if (step.command) commands_.push_back(describe(*step.command));
        drop_front(unread_, step.consumed);
        if (!step.command) return;
    }
}

void FrameFeed::feed(std::string_view piece) {
    unread_.insert(unread_.end(), piece.begin(), piece.end());
    drop_front(unread_, 0);
    while (!garbled_) {
        const auto step = next_frame({unread_.data(), unread_.size()});
        if (step.frame) frames_.push_back(describe(*step.frame));
        garbled_ = step.frame && std::holds_alternative<Garbled>(*step.frame);
        drop_front(unread_, step.consumed);
        if (!step.frame) return;
    }
}

}  // namespace belfry::wire::testing
