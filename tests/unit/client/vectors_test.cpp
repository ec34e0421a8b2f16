#include "tests/support/vectors.hpp"

#include "wire/frame_parser.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>
#include <variant>

/// The vectors that all client libraries share; wire/vectors/README.md describes them.
namespace belfry::wire {
namespace {

using nlohmann::json;
using test::bytes_of;

std::string digits(std::uint64_t number) {
    return std::to_string(number);
}

bool is_expected(const Frame& frame, const json& e) {
    const std::string verb = e.at("verb");
    if (const auto* f = std::get_if<Welcome>(&frame)) {
        return verb == "WELCOME" && f->client_id == e.at("client_id") &&
               f->epoch == e.at("epoch") && f->cursor == e.at("cursor") &&
               f->last == e.at("last") && digits(f->seq) == e.at("seq") &&
               f->max_payload == e.at("max_payload") && f->server == e.at("server") &&
               digits(f->accepted) == e.at("accepted");
    }
    if (const auto* f = std::get_if<Message>(&frame)) {
        return verb == (f->past ? "PAST" : "MSG") && f->id == e.at("id") &&
               f->sender == e.at("sender") && f->time_ms == e.at("ms") &&
               f->payload == bytes_of(e.at("payload"));
    }
    if (const auto* f = std::get_if<Sent>(&frame)) {
        return verb == "SENT" && digits(f->seq) == e.at("seq") && f->id == e.at("id");
    }
    if (const auto* f = std::get_if<Dup>(&frame)) {
        return verb == "DUP" && digits(f->seq) == e.at("seq");
    }
    if (const auto* f = std::get_if<Live>(&frame)) return verb == "LIVE" && f->id == e.at("id");
    return true;
}

// Of the other frames only the verb is compared. The tests of wire/ compare their fields.
std::string_view verb_of(const Frame& frame) {
    if (const auto* presence = std::get_if<Presence>(&frame)) {
        return presence->online ? "ONLINE" : "OFFLINE";
    }
    if (std::holds_alternative<Gap>(frame)) return "GAP";
    if (std::holds_alternative<End>(frame)) return "END";
    if (std::holds_alternative<User>(frame)) return "USER";
    if (std::holds_alternative<Pong>(frame)) return "PONG";
    if (std::holds_alternative<Error>(frame)) return "ERR";
    if (std::holds_alternative<Bye>(frame)) return "BYE";
    return "";
}

TEST(ClientVectors, TheFramesOfEachVectorAreFound) {
    const json vectors = test::vectors("frames.json");
    ASSERT_GT(vectors.size(), 50u);
    for (const json& vector : vectors) {
        SCOPED_TRACE(vector.at("name").get<std::string>());
        const std::string bytes = bytes_of(vector.at("bytes"));
        const json& expected = vector.at("frames");
        std::string_view unread = bytes;
        std::size_t found = 0;
        bool is_garbled = false;
        while (!is_garbled) {
            const auto step = next_frame(unread);
            if (!step.frame) break;
            unread.remove_prefix(step.consumed);
            is_garbled = std::holds_alternative<Garbled>(*step.frame);
            if (is_garbled || std::holds_alternative<Unknown>(*step.frame)) continue;
            ASSERT_LT(found, expected.size());
            EXPECT_TRUE(is_expected(*step.frame, expected[found])) << expected[found];
            const auto verb = verb_of(*step.frame);
            EXPECT_TRUE(verb.empty() || expected[found].at("verb") == verb) << verb;
            ++found;
        }
        EXPECT_EQ(found, expected.size());
        EXPECT_EQ(is_garbled, vector.value("garbled", false));
    }
}

}  // namespace
}  // namespace belfry::wire
