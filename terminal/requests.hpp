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

/// The user's questions to the server, and its answers, which keep their order. The protocol knows
/// no search: pages of the history are asked for, from the newest one back, and looked through
/// here.
class Requests {
  public:
    using Print = std::function<void(const std::string&)>;

    Requests(std::string own_id, Transcript& transcript, Print print)
        : own_id_{std::move(own_id)}, transcript_{transcript}, print_{std::move(print)} {}

    /// Asks which clients are known, without printing the answer: on_user() gets each of them.
    void ask_names();
    void who();
    /// @param newest the id of the newest message
    void history(std::uint64_t newest, std::uint64_t count);
    void search(std::uint64_t newest, std::string_view text);

    /// Ends a search; prints what it has found. False: there is none.
    bool end_search();

    /// The commands that are to be sent now, on a connection with a login.
    [[nodiscard]] std::string take_commands() { return std::exchange(commands_, {}); }

    /// The connection is lost: nothing more is answered.
    void lost();

    void on_user(const wire::User& frame);
    void on_past(const wire::Message& frame);
    void on_end(const wire::End& frame);

    /// How far a search has come.
    [[nodiscard]] std::optional<std::string> progress() const;

  private:
    enum class Kind : unsigned char { names, who, history, search };

    struct Request {
        Kind kind;
        std::uint64_t search = 0;  // its number
    };

    struct Search {
        std::uint64_t number;
        std::string text;
        std::uint64_t newest;
        std::uint64_t left;              // ids up to this one have not been asked for
        std::vector<std::string> found;  // oldest first
        std::vector<std::string> page;   // found in the page that is coming
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
