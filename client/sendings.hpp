#pragma once

#include "belfry/client.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <utility>

namespace belfry::client {

/// What the program wants to be told of each message that it sends. Messages have numbers from 1,
/// in the order in which they were given to send().
class Sendings {
  public:
    using OnSeq = std::function<void(std::uint64_t seq)>;

    /// @return the number of the message
    std::uint64_t add(Client::Completion&& completion, OnSeq&& on_seq) {
        open_.emplace_back(std::move(completion));
        const std::uint64_t number = first_ + open_.size() - 1;
        if (on_seq) on_seq_.emplace(number, std::move(on_seq));
        return number;
    }

    /// Tells the program the seq of a message, which it gets once.
    void numbered(std::uint64_t number, std::uint64_t seq) {
        if (on_seq_.empty()) return;
        if (const auto wanted = on_seq_.extract(number)) wanted.mapped()(seq);
    }

    /// Tells the program what became of a message, once.
    void settle(std::uint64_t number, const Result<Receipt>& outcome) {
        const auto completion = std::exchange(open_[number - first_], std::nullopt);
        while (!open_.empty() && !open_.front()) {
            open_.pop_front();
            ++first_;
        }
        if (!on_seq_.empty()) on_seq_.erase(number);
        if (completion && *completion) (*completion)(outcome);
    }

    /// The completions may send again. Such messages are kept.
    void fail_all(const Error& error) {
        const std::uint64_t end = first_ + open_.size();
        for (std::uint64_t number = first_; number < end; ++number) {
            if (number >= first_) settle(number, error);
        }
    }

  private:
    std::uint64_t first_ = 1;                             // the number of the first one in `open_`
    std::deque<std::optional<Client::Completion>> open_;  // empty: settled
    std::map<std::uint64_t, OnSeq> on_seq_;  // of messages without a seq; few programs want it
};

}  // namespace belfry::client
