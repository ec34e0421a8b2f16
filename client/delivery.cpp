#include "client/delivery.hpp"

#include <utility>

namespace belfry::client {
namespace {

std::uint64_t id_before(const Message& event) {
    return event.id - 1;
}
std::uint64_t id_before(const Sent& event) {
    return event.id - 1;
}
std::uint64_t id_before(const Gap& event) {
    return event.first - 1;
}
// LIVE has no place of its own: it follows the message with its id.
std::uint64_t id_before(const Live& event) {
    return event.id;
}

template <typename Function, typename Event>
void call_if_set(const Function& callback, const Event& event) {
    if (callback) callback(event);
}

// In bytes of memory.
std::size_t cost_of(const std::variant<Message, Sent, Gap, Live>& event) {
    const auto* message = std::get_if<Message>(&event);
    return sizeof event + (message != nullptr ? message->payload.size() : 0);
}

}  // namespace

void Delivery::begin_session(const wire::Welcome& frame) {
    if (epoch_ == frame.epoch) return;
    epoch_ = frame.epoch;
    waiting_.clear();
    bytes_ = 0;
}

void Delivery::message(const wire::Message& frame) {
    if (callbacks.message) {
        message_.id = frame.id;
        message_.sender = frame.sender;
        message_.time = frame.time_ms;
        message_.payload = frame.payload;
        return callbacks.message(message_);
    }
    push(Message{.id = frame.id,
                 .sender = std::string{frame.sender},
                 .time = frame.time_ms,
                 .payload = std::string{frame.payload}});
}

std::optional<Message> Delivery::take() {
    std::optional<Message> taken;
    while (!taken && !waiting_.empty()) {
        if (auto* message = std::get_if<Message>(&waiting_.front())) {
            bytes_ -= cost_of(waiting_.front());
            taken = std::move(*message);
            waiting_.pop_front();
        } else {
            call(pop());
        }
    }
    return taken;
}

std::uint64_t Delivery::given(std::uint64_t seen) const {
    if (waiting_.empty()) return seen;
    return std::visit([](const auto& event) { return id_before(event); }, waiting_.front());
}

void Delivery::call(const Event& event) const {
    if (const auto* sent = std::get_if<Sent>(&event)) call_if_set(callbacks.sent, *sent);
    if (const auto* gap = std::get_if<Gap>(&event)) call_if_set(callbacks.gap, *gap);
    if (const auto* live = std::get_if<Live>(&event)) call_if_set(callbacks.live, *live);
}

void Delivery::push(Event event) {
    bytes_ += cost_of(event);
    waiting_.push_back(std::move(event));
}

Delivery::Event Delivery::pop() {
    Event event = std::move(waiting_.front());
    waiting_.pop_front();
    bytes_ -= cost_of(event);
    return event;
}

}  // namespace belfry::client
