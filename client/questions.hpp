#pragma once

#include "belfry/client.hpp"
#include "wire/frame.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <vector>

namespace belfry::client {

/// The commands HISTORY and WHO that have no complete answer yet. The answers come in the order of
/// the commands. Each command is sent again on each connection until it is answered.
class Questions {
  public:
    using OnHistory = std::function<void(const Result<History>&)>;
    using OnUsers = std::function<void(const Result<std::vector<User>>&)>;

    void history(std::uint64_t first, std::uint64_t count, OnHistory completion);
    void who(OnUsers completion);

    /// Begins a session: all commands are due again.
    void begin_session();

    /// Returns the commands that have not been sent on this connection.
    [[nodiscard]] std::string take_commands();

    [[nodiscard]] bool is_empty() const noexcept { return open_.empty(); }
    [[nodiscard]] bool are_due() const noexcept { return sent_ < open_.size(); }

    void past(const wire::Message& frame);
    void user(const wire::User& frame);
    void end(const wire::End& frame);

    /// The first command is refused.
    void fail(const Error& error);
    void fail_all(const Error& error);

  private:
    struct Question {
        std::string command;
        OnHistory on_history;
        OnUsers on_users;
        History history;
        std::vector<User> users;
    };

    [[nodiscard]] Question take_front();

    std::deque<Question> open_;
    std::size_t sent_ = 0;  // how many of them were sent on this connection
};

}  // namespace belfry::client
