#include "tests/support/session_rules.hpp"

#include "tests/support/failure.hpp"

namespace belfry::test {
namespace {

[[noreturn]] void fail(const std::string& what, const Frame& frame) {
    throw Failure(what + ": '" + frame.line + "'");
}

}  // namespace

void SessionRules::check(const Frame& frame) {
    if (is_over_) fail("a frame after BYE", frame);
    if (frame.verb == "WELCOME") return welcome(frame);
    if (frame.verb == "ERR") return;
    if (!is_welcome_ && frame.verb != "BYE") fail("a frame before WELCOME", frame);
    if (frame.verb == "MSG") {
        if (frame.fields[1] == client_id_) fail("an own message as MSG", frame);
        cover(frame, frame.number(0), frame.number(0));
    } else if (frame.verb == "SENT") {
        cover(frame, frame.number(1), frame.number(1));
    } else if (frame.verb == "GAP") {
        cover(frame, frame.number(0), frame.number(1));
    } else if (frame.verb == "LIVE") {
        live(frame);
    } else if (frame.verb == "BYE") {
        is_over_ = true;
    }
}

void SessionRules::welcome(const Frame& frame) {
    if (is_welcome_) fail("a second WELCOME", frame);
    is_welcome_ = true;
    client_id_ = frame.fields[0];
    last_id_ = number_from(frame.option("cursor"));
    backlog_end_ = number_from(frame.option("last"));
    if (last_id_ > backlog_end_) fail("a cursor above last", frame);
}

void SessionRules::cover(const Frame& frame, std::uint64_t first_id, std::uint64_t last_id) {
    if (first_id != last_id_ + 1 || last_id < first_id) {
        fail("not the next id after " + std::to_string(last_id_), frame);
    }
    if (!is_live_ && last_id_ >= backlog_end_) fail("a new message before LIVE", frame);
    last_id_ = last_id;
}

void SessionRules::live(const Frame& frame) {
    if (is_live_) fail("a second LIVE", frame);
    if (frame.number(0) != last_id_ || last_id_ < backlog_end_) {
        fail("not the next id after " + std::to_string(last_id_), frame);
    }
    is_live_ = true;
}

}  // namespace belfry::test
