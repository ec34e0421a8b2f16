#pragma once

#include "belfry/client.hpp"
#include "wire/frame.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <variant>

namespace belfry::client {

/// Gives the program what the log has, in its order: by callback, or by take() if there is no
/// callback for messages. Knows how far the program has come.
class Delivery {
  public:
    struct Callbacks {
        std::function<void(const Message&)> message;
        std::function<void(const Sent&)> sent;
        std::function<void(const Gap&)> gap;
        std::function<void(const Live&)> live;
    };
    Callbacks callbacks;

    /// Begins a session. In another log the ids mean nothing, so what waits is dropped. It comes
    /// again if it still exists.
    void begin_session(const wire::Welcome& frame);

    void message(const wire::Message& frame);
    void sent(const Sent& event) { tell(callbacks.sent, event); }
    void gap(const Gap& event) { tell(callbacks.gap, event); }
    void live(const Live& event) { tell(callbacks.live, event); }

    /// Returns the next message that waits, after callbacks for what comes before it.
    [[nodiscard]] std::optional<Message> take();

    /// Tells whether the waiting events take so much memory that no more should be read.
    [[nodiscard]] bool is_full() const noexcept { return bytes_ > enough_bytes; }

    /// Returns the highest id that the program has been given.
    /// @param seen the highest id that has come
    [[nodiscard]] std::uint64_t given(std::uint64_t seen) const;

  private:
    using Event = std::variant<Message, Sent, Gap, Live>;

    static constexpr std::size_t enough_bytes = std::size_t{1} << 20;

    // What comes after an event that waits must wait too.
    template <typename Type>
    void tell(const std::function<void(const Type&)>& callback, const Type& event) {
        if (!waiting_.empty()) return push(event);
        if (callback) callback(event);
    }
    void call(const Event& event) const;
    void push(Event event);
    [[nodiscard]] Event pop();

    std::deque<Event> waiting_;
    std::size_t bytes_ = 0;
    std::string epoch_;
    Message message_;  // keeps the memory of its strings from one callback to the next
};

}  // namespace belfry::client
