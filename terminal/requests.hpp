#pragma once

#include "terminal/transcript.hpp"
#include "wire/frame.hpp"

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

    Requests(std::string own_id, Transcript& transcript, Print print)
        : own_id_{std::move(own_id)}, transcript_{transcript}, print_{std::move(print)} {}

    /// Asks for all client-ids without printing the answer. on_user() gets each of them.
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

    /// Removes the commands that are to be sent now. Requires an accepted login.
    [[nodiscard]] std::string take_commands() { return std::exchange(commands_, {}); }

    /// Drops all open requests, because the connection is lost.
    void lost();

    void on_user(const wire::User& frame);
    void on_past(const wire::Message& frame);
    void on_end(const wire::End& frame);

    /// Describes how far a search has come; nothing without a search.
    [[nodiscard]] std::optional<std::string> progress() const;

  private:
    enum class Kind : unsigned char { names, who, history, search };

    struct Request {
        Kind kind;
        std::uint64_t search = 0;  // the number of the search
    };

    struct Search {
        std::uint64_t number;
        std::string text;
        std::uint64_t newest;
        std::uint64_t left;              // ids up to this one have not been requested
        std::vector<std::string> found;  // oldest first
        std::vector<std::string> page;   // found in the page that is being received
    };

    void ask(Kind kind, std::uint64_t first, std::uint64_t count);
    void ask_page();
    void end_page();
    void end_who();
    [[nodiscard]] bool is_current(const Request& request) const;
    void say(std::string_view text) { print_(transcript_.note(text)); }

    std::string own_id_;
    Transcript& transcript_;
    Print print_;
    std::string commands_;
    std::deque<Request> open_;
    std::vector<std::string> online_;
    std::vector<std::string> offline_;
    std::optional<Search> search_;
    std::uint64_t searches_ = 0;
};

}  // namespace belfry::terminal
