#include "tests/support/vectors.hpp"

#include "tests/unit/wire/describe.hpp"
#include "wire/command_parser.hpp"
#include "wire/limits.hpp"
#include "wire/secret_text.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <vector>

/// The vectors of commands; wire/vectors/README.md describes them. The vectors of frames are
/// checked in tests/unit/client; here they are only cut.
namespace belfry::wire::testing {
namespace {

using nlohmann::json;
using test::bytes_of;

// The fields of a command as texts, by their names in the vectors.
using Fields = std::map<std::string, std::string>;

constexpr std::size_t max_payload = 100;

struct FieldsOf {
    Fields operator()(const Login& login) const {
        Fields fields = {{"verb", "LOGIN"},
                         {"client_id", std::string{login.client_id}},
                         {"ack", login.manual_ack ? "manual" : "auto"},
                         {"presence", login.presence ? "on" : "off"}};
        if (!login.secret) return fields;
        std::array<char, max_secret> secret;
        fields["secret"] = std::string(secret.data(), decode_secret(*login.secret, secret));
        return fields;
    }
    Fields operator()(const Send& send) const {
        return {{"verb", "SEND"},
                {"seq", std::to_string(send.seq)},
                {"payload", std::string{send.payload}}};
    }
    Fields operator()(const Say& say) const {
        return {{"verb", "SAY"}, {"payload", std::string{say.text}}};
    }
    Fields operator()(const Ack& ack) const {
        return {{"verb", "ACK"}, {"id", std::to_string(ack.id)}};
    }
    Fields operator()(const History& history) const {
        return {{"verb", "HISTORY"},
                {"first", std::to_string(history.first_id)},
                {"count", std::to_string(history.count)}};
    }
    Fields operator()(const Who&) const { return {{"verb", "WHO"}}; }
    Fields operator()(const Ping& ping) const {
        return {{"verb", "PING"}, {"token", std::string{ping.token}}};
    }
    Fields operator()(const Quit&) const { return {{"verb", "QUIT"}}; }
    Fields operator()(const Malformed& malformed) const {
        Fields fields = {{"error", std::string{name_of(malformed.code)}}};
        if (malformed.seq != 0) fields["seq"] = std::to_string(malformed.seq);
        if (malformed.close) fields["closes"] = "true";
        if (malformed.is_login) fields["login"] = "true";
        return fields;
    }
};

std::vector<Fields> expected_of(const json& commands) {
    std::vector<Fields> all;
    for (const json& command : commands) {
        Fields& fields = all.emplace_back();
        for (const auto& [key, value] : command.items()) {
            fields[key] = value.is_boolean() ? value.dump() : bytes_of(value);
        }
    }
    return all;
}

// Parses pieces as a session does, which keeps what the parser has not consumed.
std::vector<Fields> parse(const json& vector, const std::vector<std::string_view>& pieces) {
    auto parser = vector.value("before_login", false) ? CommandParser::for_login()
                                                      : CommandParser{max_payload};
    std::vector<Fields> commands;
    std::string unread;
    for (const auto piece : pieces) {
        unread += piece;
        for (bool is_enough = true; is_enough;) {
            const auto step = parser.next(unread);
            is_enough = step.command.has_value();
            if (is_enough) commands.push_back(std::visit(FieldsOf{}, *step.command));
            unread.erase(0, step.consumed);
        }
    }
    return commands;
}

// Calls the function for the bytes in one piece, cut into two at every byte, and cut everywhere.
// Of long ones only some thousand cuts are tried.
template <typename Function>
void for_each_cut(const std::string& bytes, Function function) {
    const std::string_view all = bytes;
    function(std::vector{all});
    const std::size_t step = 1 + all.size() / 2000;
    for (std::size_t at = 1; at < all.size(); at += step) {
        function(std::vector{all.substr(0, at), all.substr(at)});
    }
    std::vector<std::string_view> pieces;
    for (std::size_t at = 0; at < all.size(); at += step) pieces.push_back(all.substr(at, step));
    function(pieces);
}

TEST(Vectors, TheCommandsOfEachVectorAreFoundHoweverItsBytesAreCut) {
    const json vectors = test::vectors("commands.json");
    ASSERT_GE(vectors.size(), 40u);
    for (const json& vector : vectors) {
        SCOPED_TRACE(vector.at("name").get<std::string>());
        const auto expected = expected_of(vector.at("commands"));
        for_each_cut(bytes_of(vector.at("bytes")), [&](const auto& pieces) {
            ASSERT_EQ(parse(vector, pieces), expected) << "first piece: " << pieces[0].size();
        });
        if (HasFatalFailure()) return;
    }
}

TEST(Vectors, TheFramesOfEachVectorAreTheSameHoweverItsBytesAreCut) {
    for (const json& vector : test::vectors("frames.json")) {
        SCOPED_TRACE(vector.at("name").get<std::string>());
        const std::string bytes = bytes_of(vector.at("bytes"));
        FrameFeed whole;
        whole.feed(bytes);
        const auto compare = [&](const auto& pieces) {
            FrameFeed cut;
            for (const auto piece : pieces) cut.feed(piece);
            ASSERT_EQ(cut.frames(), whole.frames()) << "first piece: " << pieces[0].size();
        };
        for_each_cut(bytes, compare);
        if (HasFatalFailure()) return;
    }
}

}  // namespace
}  // namespace belfry::wire::testing
