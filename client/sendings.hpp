#pragma once

#include "belfry/client.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <utility>

namespace belfry::client {

/// What the program wants to be told of each message that it sends. Messages have numbers from 1,
/// in the order in which they were given to send().
class Sendings {
  public:
    struct Sending {
        Client::Completion completion;
        std::function<void(std::uint64_t seq)> on_seq;
    };

    /// @return the number of the message
    std::uint64_t add(Sending sending) {
        open_.emplace_back(std::move(sending));
        return first_ + open_.size() - 1;
    }

    void numbered(std::uint64_t number, std::uint64_t seq) {
        const auto& sending = open_[number - first_];
        if (sending && sending->on_seq) sending->on_seq(seq);
    }

    /// Tells the program what became of a message, once.
    void settle(std::uint64_t number, const Result<Receipt>& outcome) {
        const auto sending = std::exchange(open_[number - first_], std::nullopt);
        while (!open_.empty() && !open_.front()) {
            open_.pop_front();
            ++first_;
        }
        if (sending && sending->completion) sending->completion(outcome);
    }

    /// The completions may send again. Such messages are kept.
    void fail_all(const Error& error) {
        const std::uint64_t end = first_ + open_.size();
        for (std::uint64_t number = first_; number < end; ++number) {
            if (number >= first_) settle(number, error);
        }
    }

  private:
    std::uint64_t first_ = 1;                  // the number of the first one in `open_`
    std::deque<std::optional<Sending>> open_;  // empty: settled
};

}  // namespace belfry::client
