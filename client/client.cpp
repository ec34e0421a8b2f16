#include "belfry/client.hpp"

#include "client/inside.hpp"
#include "client/server_url.hpp"
#include "client/tls_context.hpp"
#include "wire/limits.hpp"
#include "wire/version.hpp"

#include <mutex>
#include <utility>

namespace belfry {
namespace {

static_assert(max_payload == wire::max_discard);

using Lock = std::lock_guard<std::recursive_mutex>;

Error bad_option(std::string why) {
    return {"bad-option", std::move(why)};
}

base::Deadline from_now(std::optional<Duration> timeout) {
    if (!timeout) return std::nullopt;
    const auto now = base::Clock::now();
    // A timeout that the clock cannot hold has no end.
    if (*timeout > base::TimePoint::max() - now) return std::nullopt;
    return now + *timeout;
}

}  // namespace

std::string_view version() noexcept {
    return wire::version;
}

bool is_client_id(std::string_view text) noexcept {
    return wire::is_client_id(text);
}

// --- making one ---

Result<Client> Client::open(Options options) {
    if (!is_client_id(options.id)) {
        return bad_option("'" + options.id + "' is not a client-id: 1 to 32 of A-Z a-z 0-9 _ . -");
    }
    if (options.secret.is_wrong()) return bad_option("a secret has 1 to 256 bytes without NUL");
    auto destination = client::read_urls(options.servers, options.tls);
    if (!destination) return destination.error();
    destination->fail_fast = options.fail_fast;
    try {
        return Client{std::make_unique<Inside>(std::move(options), *std::move(destination))};
    } catch (const client::TlsFileError& error) {
        return bad_option(error.what());
    }
}

Client::Client(std::unique_ptr<Inside> inside) noexcept : inside_{std::move(inside)} {}

Client::Client(Client&& other) noexcept = default;

Client& Client::operator=(Client&& other) noexcept {
    std::swap(inside_, other.inside_);
    return *this;
}

Client::~Client() {
    if (inside_) Inside::End{}(inside_.release());
}

// --- callbacks ---

void Client::on_message(std::function<void(const Message&)> callback) {
    const Lock lock{inside_->mutex};
    inside_->callbacks().message = std::move(callback);
}

void Client::on_sent(std::function<void(const Sent&)> callback) {
    const Lock lock{inside_->mutex};
    inside_->callbacks().sent = std::move(callback);
}

void Client::on_gap(std::function<void(const Gap&)> callback) {
    const Lock lock{inside_->mutex};
    inside_->callbacks().gap = std::move(callback);
}

void Client::on_live(std::function<void(const Live&)> callback) {
    const Lock lock{inside_->mutex};
    inside_->callbacks().live = std::move(callback);
}

void Client::on_presence(std::function<void(const Presence&)> callback) {
    const Lock lock{inside_->mutex};
    inside_->on_presence = std::move(callback);
}

void Client::on_state(std::function<void(const StateChange&)> callback) {
    const Lock lock{inside_->mutex};
    inside_->on_state = std::move(callback);
}

void Client::on_notice(std::function<void(std::string_view)> callback) {
    const Lock lock{inside_->mutex};
    inside_->on_notice = std::move(callback);
}

// --- messages ---

void Client::send(std::string_view payload, Completion completion, SendOptions options) {
    const Lock lock{inside_->mutex};
    inside_->send(payload, std::move(completion), std::move(options));
}

Result<Done> Client::settle(std::optional<Duration> timeout) {
    return inside_->settle(from_now(timeout));
}

Result<Message> Client::receive(std::optional<Duration> timeout) {
    return inside_->receive(from_now(timeout));
}

void Client::ack(std::uint64_t id) {
    const Lock lock{inside_->mutex};
    inside_->ack(id);
}

void Client::ack_all() {
    const Lock lock{inside_->mutex};
    inside_->ack(inside_->given());
}

// --- questions ---

void Client::history(std::uint64_t first, std::uint64_t count,
                     std::function<void(const Result<History>&)> completion) {
    const Lock lock{inside_->mutex};
    inside_->history(first, count, std::move(completion));
}

void Client::who(std::function<void(const Result<std::vector<User>>&)> completion) {
    const Lock lock{inside_->mutex};
    inside_->who(std::move(completion));
}

Result<History> Client::history(std::uint64_t first, std::uint64_t count,
                                std::optional<Duration> timeout) {
    return inside_->answer<History>(
        [&](auto completion) { inside_->history(first, count, std::move(completion)); },
        from_now(timeout));
}

Result<std::vector<User>> Client::who(std::optional<Duration> timeout) {
    return inside_->answer<std::vector<User>>(
        [&](auto completion) { inside_->who(std::move(completion)); }, from_now(timeout));
}

// --- its state ---

State Client::state() const {
    const Lock lock{inside_->mutex};
    return inside_->state();
}

Error Client::error() const {
    const Lock lock{inside_->mutex};
    return inside_->error();
}

std::optional<Welcome> Client::welcome() const {
    const Lock lock{inside_->mutex};
    return inside_->welcomed();
}

bool Client::is_live() const {
    const Lock lock{inside_->mutex};
    return inside_->connection().conversation().is_live();
}

std::size_t Client::unsent() const {
    const Lock lock{inside_->mutex};
    return inside_->connection().conversation().unsent().size();
}

bool Client::has_room() const {
    const Lock lock{inside_->mutex};
    return inside_->connection().conversation().unsent().has_room();
}

std::size_t Client::server() const {
    const Lock lock{inside_->mutex};
    return inside_->connection().server_index();
}

// --- connecting and leaving ---

void Client::connect() {
    const Lock lock{inside_->mutex};
    inside_->connect();
}

void Client::set_secret(Secret secret) {
    const Lock lock{inside_->mutex};
    inside_->use(std::move(secret));
}

void Client::leave(Duration timeout) {
    const Lock lock{inside_->mutex};
    inside_->leave(timeout);
}

void Client::close(Duration timeout) {
    inside_->close(timeout);
}

void Client::start() {
    const Lock lock{inside_->mutex};
    inside_->start();
}

// --- the event loop ---

int Client::descriptor() const {
    const Lock lock{inside_->mutex};
    return inside_->wanted().fd;
}

short Client::events() const {
    const Lock lock{inside_->mutex};
    return inside_->wanted().events;
}

std::optional<Clock::time_point> Client::deadline() const {
    const Lock lock{inside_->mutex};
    return inside_->deadline();
}

void Client::step(bool is_ready) {
    const Lock lock{inside_->mutex};
    inside_->step(is_ready);
}

void Client::pause(bool is_paused) {
    const Lock lock{inside_->mutex};
    inside_->pause(is_paused);
}

}  // namespace belfry
