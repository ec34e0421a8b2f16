#include "belfry/belfry.h"
#include "belfry/client.hpp"

#include <algorithm>
#include <limits>
#include <new>
#include <string>
#include <type_traits>
#include <utility>

using namespace belfry;

/// A client for C. What belfry_receive() and the texts return lives here. The texts are of the
/// calling thread, so that another thread cannot free them.
struct belfry_client {
    Result<Client> client;
    Message received = {};
};

namespace {

thread_local Error last_error;              // of the last call in this thread that failed
thread_local const void* failed = nullptr;  // the client of that call
thread_local std::string last_epoch;

const char* text_of(const char* text) {
    return text != nullptr ? text : "";
}

std::vector<std::string> urls_in(std::string_view text) {
    std::vector<std::string> urls;
    for (std::size_t begin = 0; begin <= text.size();) {
        const std::size_t end = std::min(text.find(',', begin), text.size());
        urls.emplace_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return urls;
}

std::optional<Duration> duration_of(int timeout_ms) {
    if (timeout_ms < 0) return std::nullopt;
    return std::chrono::milliseconds{timeout_ms};
}

Duration duration_of_leaving(int timeout_ms) {
    return duration_of(timeout_ms).value_or(std::chrono::hours{24 * 365});
}

belfry_message view_of(const Message& message) {
    return {message.id, message.sender.c_str(), message.time, message.payload.data(),
            message.payload.size()};
}

// Runs an operation on the client if it exists, and remembers why it failed.
template <typename Operation>
belfry_result result_of(belfry_client* client, const Operation& operation) {
    const Error error = client->client ? operation(*client->client) : client->client.error();
    if (error.code.empty()) {
        if (failed == client) failed = nullptr;
        return BELFRY_OK;
    }
    last_error = error;
    failed = client;
    return error.code == "timed-out" ? BELFRY_TIMED_OUT : BELFRY_FAILED;
}

template <typename T>
Error error_of(const Result<T>& result) {
    return result ? Error{} : result.error();
}

const Error& error_of(const belfry_client* client) {
    if (failed == client) return last_error;
    Error now = client->client ? client->client->error() : client->client.error();
    // The texts stay where they are while they are the same.
    if (now.code != last_error.code || now.text != last_error.text) last_error = std::move(now);
    return last_error;
}

Client::Completion completion_of(belfry_completion completion, void* context) {
    if (completion == nullptr) return {};
    return [=](const Result<Receipt>& outcome) {
        if (outcome) return completion(outcome->seq, outcome->id, nullptr, nullptr, context);
        const Error& error = outcome.error();
        completion(0, 0, error.code.c_str(), error.text.c_str(), context);
    };
}

}  // namespace

const char* belfry_version() {
    return version().data();
}

belfry_client* belfry_open(const char* id, const char* servers, const char* secret,
                           const belfry_tls* tls) {
    return belfry_open_with(id, servers, secret, tls, 0);
}

belfry_client* belfry_open_with(const char* id, const char* servers, const char* secret,
                                const belfry_tls* tls, unsigned flags) {
    Options options{.id = text_of(id),
                    .servers = urls_in(text_of(servers)),
                    .ack = (flags & BELFRY_ACK_MANUAL) != 0 ? Ack::manual : Ack::taken,
                    .presence = (flags & BELFRY_PRESENCE) != 0,
                    .fail_fast = (flags & BELFRY_FAIL_FAST) != 0};
    if (secret != nullptr) options.secret = Secret{secret};
    if (tls != nullptr) {
        options.tls = {text_of(tls->ca), text_of(tls->name), text_of(tls->certificate),
                       text_of(tls->key)};
    }
    return new (std::nothrow) belfry_client{Client::open(std::move(options))};
}

void belfry_free(belfry_client* client) {
    if (failed == client) failed = nullptr;
    delete client;
}

// --- callbacks ---

void belfry_on_message(belfry_client* client,
                       void (*callback)(const belfry_message* message, void* context),
                       void* context) {
    if (!client->client) return;
    client->client->on_message([=](const Message& message) {
        const belfry_message view = view_of(message);
        callback(&view, context);
    });
}

void belfry_on_sent(belfry_client* client,
                    void (*callback)(uint64_t id, uint64_t seq, void* context), void* context) {
    if (!client->client) return;
    client->client->on_sent([=](const Sent& sent) { callback(sent.id, sent.seq, context); });
}

void belfry_on_gap(belfry_client* client,
                   void (*callback)(uint64_t first, uint64_t last, void* context), void* context) {
    if (!client->client) return;
    client->client->on_gap([=](const Gap& gap) { callback(gap.first, gap.last, context); });
}

void belfry_on_live(belfry_client* client, void (*callback)(uint64_t id, void* context),
                    void* context) {
    if (!client->client) return;
    client->client->on_live([=](const Live& live) { callback(live.id, context); });
}

void belfry_on_presence(belfry_client* client,
                        void (*callback)(const char* id, int online, void* context),
                        void* context) {
    if (!client->client) return;
    client->client->on_presence([=](const Presence& presence) {
        callback(presence.id.c_str(), presence.online ? 1 : 0, context);
    });
}

void belfry_on_state(belfry_client* client, void (*callback)(belfry_state state, void* context),
                     void* context) {
    if (!client->client) return;
    client->client->on_state([=](const StateChange& change) {
        callback(static_cast<belfry_state>(change.state), context);
    });
}

void belfry_on_notice(belfry_client* client, void (*callback)(const char* text, void* context),
                      void* context) {
    if (!client->client) return;
    client->client->on_notice(
        [=](std::string_view text) { callback(std::string{text}.c_str(), context); });
}

// --- messages ---

void belfry_send(belfry_client* client, const void* payload, size_t size,
                 belfry_completion completion, void* context) {
    belfry_send_with(client, payload, size, 0, nullptr, completion, context);
}

void belfry_send_with(belfry_client* client, const void* payload, size_t size, uint64_t seq,
                      void (*on_seq)(uint64_t seq, void* context), belfry_completion completion,
                      void* context) {
    auto told = completion_of(completion, context);
    if (!client->client) {
        if (told) told(client->client.error());
        return;
    }
    SendOptions options{.seq = seq};
    if (on_seq != nullptr) options.on_seq = [=](uint64_t chosen) { on_seq(chosen, context); };
    client->client->send({static_cast<const char*>(payload), size}, std::move(told),
                         std::move(options));
}

belfry_result belfry_settle(belfry_client* client, int timeout_ms) {
    return result_of(client,
                     [=](Client& real) { return error_of(real.settle(duration_of(timeout_ms))); });
}

belfry_result belfry_receive(belfry_client* client, int timeout_ms, belfry_message* message) {
    return result_of(client, [=](Client& real) {
        auto received = real.receive(duration_of(timeout_ms));
        if (!received) return received.error();
        client->received = std::move(*received);
        *message = view_of(client->received);
        return Error{};
    });
}

void belfry_ack(belfry_client* client, uint64_t id) {
    if (client->client) client->client->ack(id);
}

void belfry_ack_all(belfry_client* client) {
    if (client->client) client->client->ack_all();
}

// --- questions ---

belfry_result belfry_history(belfry_client* client, uint64_t first, uint64_t count, int timeout_ms,
                             void (*each)(const belfry_message* message, void* context),
                             void* context) {
    return result_of(client, [=](Client& real) {
        const auto answer = real.history(first, count, duration_of(timeout_ms));
        if (!answer) return answer.error();
        for (const Message& message : answer->messages) {
            const belfry_message view = view_of(message);
            each(&view, context);
        }
        return Error{};
    });
}

belfry_result belfry_who(belfry_client* client, int timeout_ms,
                         void (*each)(const char* id, int online, uint64_t cursor, void* context),
                         void* context) {
    return result_of(client, [=](Client& real) {
        const auto answer = real.who(duration_of(timeout_ms));
        if (!answer) return answer.error();
        for (const User& user : *answer) {
            each(user.id.c_str(), user.online ? 1 : 0, user.cursor, context);
        }
        return Error{};
    });
}

// --- its state ---

belfry_state belfry_get_state(const belfry_client* client) {
    return client->client ? static_cast<belfry_state>(client->client->state()) : BELFRY_STOPPED;
}

const char* belfry_error_code(const belfry_client* client) {
    return error_of(client).code.c_str();
}

const char* belfry_error_text(const belfry_client* client) {
    return error_of(client).text.c_str();
}

const char* belfry_epoch(const belfry_client* client) {
    const auto welcome = client->client ? client->client->welcome() : std::nullopt;
    last_epoch = welcome ? welcome->epoch : "";
    return last_epoch.c_str();
}

uint64_t belfry_cursor(const belfry_client* client) {
    const auto welcome = client->client ? client->client->welcome() : std::nullopt;
    return welcome ? welcome->cursor : 0;
}

size_t belfry_unsent(const belfry_client* client) {
    return client->client ? client->client->unsent() : 0;
}

int belfry_has_room(const belfry_client* client) {
    return client->client && client->client->has_room() ? 1 : 0;
}

int belfry_is_live(const belfry_client* client) {
    return client->client && client->client->is_live() ? 1 : 0;
}

// --- connecting, leaving, running ---

void belfry_connect(belfry_client* client) {
    if (client->client) client->client->connect();
}

void belfry_leave(belfry_client* client, int timeout_ms) {
    if (client->client) client->client->leave(duration_of_leaving(timeout_ms));
}

void belfry_close(belfry_client* client, int timeout_ms) {
    if (client->client) client->client->close(duration_of_leaving(timeout_ms));
}

void belfry_start(belfry_client* client) {
    if (client->client) client->client->start();
}

int belfry_descriptor(const belfry_client* client) {
    return client->client ? client->client->descriptor() : -1;
}

short belfry_events(const belfry_client* client) {
    return client->client ? client->client->events() : short{0};
}

int belfry_timeout(const belfry_client* client) {
    const auto deadline = client->client ? client->client->deadline() : std::nullopt;
    if (!deadline) return -1;

    const auto now = Clock::now();
    if (*deadline <= now) return 0;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*deadline - now).count();
    return static_cast<int>(std::min<std::int64_t>(left, std::numeric_limits<int>::max()));
}

void belfry_step(belfry_client* client, int is_ready) {
    if (client->client) client->client->step(is_ready != 0);
}

void belfry_pause(belfry_client* client, int is_paused) {
    if (client->client) client->client->pause(is_paused != 0);
}
