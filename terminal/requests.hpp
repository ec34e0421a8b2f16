#pragma once

#include "belfry/client.hpp"
#include "terminal/transcript.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace belfry::terminal {

/// Sends the user's questions to the server and prints the answers, which come in the order of the
/// questions. The protocol has no search. A search therefore requests pages of the history, from
/// the newest to the oldest, and filters them here.
class Requests {
  public:
    using Print = std::function<void(const std::string&)>;
    using OnUser = std::function<void(const std::string& client_id)>;

    /// @param on_user gets each client-id of each answer
    Requests(std::string own_id, Transcript& transcript, Print print, OnUser on_user)
        : own_id_{std::move(own_id)},
          transcript_{transcript},
          print_{std::move(print)},
          on_user_{std::move(on_user)} {}

    /// Asks for all client-ids without printing the answer.
    void ask_names();
    /// Asks who is online.
    void who();
    /// Asks for the newest `count` messages.
    /// @param newest the id of the newest message
    void history(std::uint64_t newest, std::uint64_t count);
    /// Starts a search for a text, and ends the search before it.
    void search(std::uint64_t newest, std::string_view text);

    /// Ends the search and prints what it has found. @return false: there is no search
    bool end_search();

    /// Sends what was asked since the last call. Requires an accepted login.
    void send(Client& client);

    /// Drops all open requests, because the connection is lost.
    void lost();

    /// Describes how far a search has come; nothing without a search.
    [[nodiscard]] std::optional<std::string> progress() const;

  private:
    enum class Kind : unsigned char { names, who, history, search };

    struct Request {
        Kind kind;
        std::uint64_t first = 0;
        std::uint64_t count = 0;
        std::uint64_t search = 0;  // the number of the search
    };

    struct Search {
        std::uint64_t number;
        std::string text;
        std::uint64_t newest;
        std::uint64_t left;              // ids up to this one have not been requested
        std::vector<std::string> found;  // oldest first
    };

    void ask(Kind kind, std::uint64_t first, std::uint64_t count);
    void ask_page();
    void on_history(const Request& request, const Result<History>& answer);
    void on_users(const Request& request, const Result<std::vector<User>>& answer);
    void show(const std::vector<User>& users);
    void show(const std::vector<Message>& messages);
    void end_page(const std::vector<Message>& messages);
    [[nodiscard]] bool is_current(const Request& request) const;
    void say(std::string_view text) { print_(transcript_.note(text)); }

    std::string own_id_;
    Transcript& transcript_;
    Print print_;
    OnUser on_user_;
    std::deque<Request> open_;
    std::size_t sent_ = 0;          // how many of them were sent
    std::uint64_t connection_ = 0;  // changes with each loss; answers to earlier requests are late
    std::optional<Search> search_;
    std::uint64_t searches_ = 0;
};

}  // namespace belfry::terminal
