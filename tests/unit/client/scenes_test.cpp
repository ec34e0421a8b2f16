#include "belfry/client.hpp"
#include "tests/support/deadline.hpp"
#include "tests/support/failure.hpp"
#include "tests/support/scene_server.hpp"
#include "tests/support/vectors.hpp"

#include <poll.h>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <deque>
#include <functional>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

/// A Client plays its part in wire/vectors/scenes.json, on an event loop of the test.
namespace belfry {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using test::Failure;

/// How a scene is played. The result must always be the same.
struct Manner {
    std::size_t piece;  ///< how many bytes the server sends at once
    bool calls_back;    ///< whether messages come by callback, instead of by receive()
};

// The kernel's buffers hold this many bytes in any case.
constexpr std::size_t whole = 16384;

std::string name_of(State state) {
    switch (state) {
        case State::connecting:
            return "connecting";
        case State::online:
            return "online";
        case State::waiting:
            return "waiting";
        case State::closing:
            return "closing";
        case State::stopped:
            return "stopped";
    }
    return {};
}

std::string without_percents(const std::string& text) {
    std::string decoded;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const bool is_encoded = text[at] == '%';
        decoded += is_encoded ? static_cast<char>(std::stoi(text.substr(at + 1, 2), nullptr, 16))
                              : text[at];
        if (is_encoded) at += 2;
    }
    return decoded;
}

// The words of a LOGIN, whose options may have any order, and its secret any encoding.
std::vector<std::string> words_of(const std::string& line) {
    std::vector<std::string> words;
    std::istringstream stream{line};
    for (std::string word; stream >> word;) words.push_back(without_percents(word));
    std::sort(words.begin(), words.end());
    return words;
}

void expect(const json& found, const json& expected) {
    if (found != expected) throw Failure("found " + found.dump());
}

class Player {
  public:
    Player(const json& scene, Manner manner)
        : manner_{manner}, server_{scene.value("servers", std::size_t{1})}, client_{opened(scene)} {
        if (manner.calls_back) {
            client_.on_message([this](const Message& message) { take_up(message); });
        }
        client_.on_sent([this](const Sent& sent) {
            events_.push_back(
                {{"type", "sent"}, {"id", sent.id}, {"seq", std::to_string(sent.seq)}});
        });
        client_.on_gap([this](const Gap& gap) {
            events_.push_back({{"type", "gap"}, {"first", gap.first}, {"last", gap.last}});
        });
        client_.on_live([this](const Live& live) {
            events_.push_back({{"type", "live"}, {"id", live.id}});
        });
    }
    Player(const Player&) = delete;
    Player& operator=(const Player&) = delete;
    ~Player() = default;

    /// Plays a step. Throws Failure if something else happens.
    void play(const json& step) {
        using Step = void (Player::*)(const json& value, const json& step);
        static const std::map<std::string, Step> steps{
            {"connect", &Player::connect}, {"fail", &Player::fail},
            {"server", &Player::server},   {"lose", &Player::lose},
            {"send", &Player::send},       {"take", &Player::take},
            {"ack", &Player::ack},         {"later", &Player::later},
            {"sends", &Player::sends},     {"acked", &Player::acked},
            {"settled", &Player::settled}, {"state", &Player::state},
            {"stops", &Player::stops},     {"gives_up", &Player::gives_up},
        };
        for (const auto& [kind, value] : step.items()) {
            if (kind != "seq") (this->*steps.at(kind))(value, step);
        }
    }

  private:
    Client opened(const json& scene) const {
        Options options{.id = "ann",
                        .servers = server_.urls(),
                        .ack = Ack::manual,
                        .presence = scene.value("presence", false)};
        if (scene.contains("secret")) options.secret = Secret{scene["secret"].get<std::string>()};
        return *Client::open(std::move(options));
    }

    // --- the steps ---

    void connect(const json& line, const json&) {
        until([&] { return server_.accept(); }, "connection");
        until([&] { return has_written("LOGIN "); }, "LOGIN");
        run();
        if (server_.commands().size() != 1) throw Failure("found more than a LOGIN");
        const std::string& login = server_.commands().front().line;
        if (words_of(login) != words_of(line)) throw Failure("found " + login);
        expected_sends_ = 0;
    }

    void fail(const json&, const json&) {
        until([&] { return server_.accept(); }, "connection");
        server_.close();
    }

    void server(const json& value, const json&) {
        const std::string bytes = test::bytes_of(value);
        std::string_view unsent = bytes;
        while (!unsent.empty() && client_.descriptor() >= 0) {
            const std::string_view piece = unsent.substr(0, manner_.piece);
            server_.write(piece, client_.descriptor());
            client_.step();
            unsent.remove_prefix(piece.size());
        }
    }

    void lose(const json&, const json&) {
        run();
        server_.close();
        until([&] { return client_.state() == State::waiting; }, "loss");
    }

    void send(const json& payload, const json& step) {
        const std::uint64_t seq = std::stoull(step.value("seq", "0"));
        const auto note = [this](const Result<Receipt>& outcome) {
            json answer;
            if (!outcome) answer["error"] = outcome.error().code;
            if (outcome) answer["seq"] = std::to_string(outcome->seq);
            if (outcome && outcome->id != 0) answer["id"] = outcome->id;
            settled_.push_back(std::move(answer));
        };
        client_.send(test::bytes_of(payload), note, {.seq = seq});
    }

    void take(const json& expected, const json&) {
        run();
        until([&] { return has_taken(expected.size()); }, "event");
        if (expected.empty() && has_taken(1)) throw Failure("found " + events_.front().dump());
        for (const json& event : expected) {
            expect(events_.front(), event);
            events_.pop_front();
        }
    }

    void ack(const json& id, const json&) { client_.ack(id); }

    void later(const json&, const json&) { run(1s); }

    void sends(const json& expected, const json&) {
        run();
        json sends = json::array();
        for (const auto& [line, payload] : server_.commands()) {
            if (!line.starts_with("SEND ")) continue;
            sends.push_back({line.substr(5, line.rfind(' ') - 5), test::text_of(payload)});
        }
        const auto first = sends.begin() + static_cast<std::ptrdiff_t>(expected_sends_);
        expected_sends_ = sends.size();
        expect(json(std::vector<json>(first, sends.end())), expected);
    }

    void acked(const json& expected, const json&) {
        run();
        json highest;
        for (const auto& command : server_.commands()) {
            if (!command.line.starts_with("ACK ")) continue;
            const auto id = std::stoull(command.line.substr(4));
            if (highest.is_null() || id > highest) highest = id;
        }
        expect(highest, expected);
    }

    void settled(const json& expected, const json&) {
        run();
        expect(settled_, expected);
        settled_.clear();
    }

    void state(const json& expected, const json&) {
        until([&] { return name_of(client_.state()) == expected; }, "change of the state");
    }

    void stops(const json& codes, const json&) {
        expect(name_of(client_.state()), "stopped");
        expect_end(codes);
        if (client_.descriptor() >= 0 || client_.deadline()) throw Failure("the client goes on");
    }

    void gives_up(const json& code, const json&) {
        const State state = client_.state();
        if (state != State::stopped && state != State::waiting) throw Failure(name_of(state));
        expect_end(code);
    }

    void expect_end(const json& codes) {
        const json allowed = codes.is_array() ? codes : json::array({codes});
        const std::string code = client_.error().code;
        const bool is_allowed = std::find(allowed.begin(), allowed.end(), code) != allowed.end();
        if (!is_allowed) throw Failure("found " + code);
        server_.expect_closed();
    }

    // --- the event loop ---

    // Lets the client do everything that is due until then, and reads what it writes.
    void run(Duration ahead = 0s) {
        do {
            turn(ahead);
        } while (client_.deadline() && *client_.deadline() <= Clock::now() + ahead);
        server_.read(client_.descriptor());
    }

    // One turn of the loop. It waits for the next deadline if that comes within this time.
    void turn(Duration longest) {
        const Duration left = client_.deadline().value_or(Clock::time_point::max()) - Clock::now();
        const Duration wait = left <= longest ? std::max(left, Duration{0}) : Duration{0};
        pollfd ready{client_.descriptor(), client_.events(), 0};
        const auto ms = std::chrono::ceil<test::Milliseconds>(wait).count();
        client_.step(::poll(&ready, 1, static_cast<int>(ms)) > 0);
    }

    void until(const std::function<bool()>& is_there, const std::string& what) {
        const auto is_there_after_a_turn = [&] {
            if (is_there()) return true;
            turn(0s);
            return is_there();
        };
        if (!test::eventually(is_there_after_a_turn)) throw Failure("no " + what);
    }

    bool has_written(std::string_view verb) {
        server_.read(client_.descriptor());
        const auto& commands = server_.commands();
        return !commands.empty() && commands.back().line.starts_with(verb);
    }

    bool has_taken(std::size_t count) {
        while (!manner_.calls_back && events_.size() < count) {
            const auto message = client_.receive(0s);
            if (!message) break;
            take_up(*message);
        }
        return events_.size() >= count;
    }

    void take_up(const Message& message) {
        events_.push_back({{"type", "message"},
                           {"id", message.id},
                           {"sender", message.sender},
                           {"time", message.time},
                           {"payload", test::text_of(message.payload)}});
    }

    const Manner manner_;
    test::SceneServer server_;
    std::deque<json> events_;
    json settled_ = json::array();
    std::size_t expected_sends_ = 0;  // of this connection
    Client client_;
};

const json& scenes() {
    static const json all = test::vectors("scenes.json");
    return all;
}

std::string title_of(const testing::TestParamInfo<std::size_t>& info) {
    std::string name = scenes()[info.param].at("name");
    std::replace_if(
        name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
    return name;
}

class ClientScenes : public testing::TestWithParam<std::size_t> {};

TEST_P(ClientScenes, Play) {
    const json& scene = scenes()[GetParam()];
    for (const Manner manner : {Manner{whole, false}, {whole, true}, {1, false}, {1, true}}) {
        SCOPED_TRACE("pieces of " + std::to_string(manner.piece) + " bytes, messages by " +
                     (manner.calls_back ? "callback" : "receive()"));
        Player player{scene, manner};
        for (const json& step : scene.at("steps")) {
            try {
                player.play(step);
            } catch (const Failure& failure) {
                FAIL() << step.dump().substr(0, 200) << ": " << failure.what();
            }
        }
    }
}

INSTANTIATE_TEST_SUITE_P(All, ClientScenes, testing::Range<std::size_t>(0, scenes().size()),
                         title_of);

}  // namespace
}  // namespace belfry
