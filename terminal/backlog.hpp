#pragma once

#include "terminal/transcript.hpp"

#include <cstdint>
#include <ctime>
#include <optional>
#include <string>

namespace belfry::terminal {

/// The messages that other clients sent while the user was away. They are shown dimmed, below a
/// headline with their number and above a divider. They are held back until all have come and can
/// be counted. If there are too many to hold, the headline gives an upper bound instead.
class Backlog {
  public:
    explicit Backlog(Transcript& transcript) : transcript_{transcript} {}

    /// Begins a backlog after a login: the messages after `cursor`, up to the id `last`.
    void begin(std::uint64_t cursor, std::uint64_t last);

    /// Tells whether the backlog has begun and not ended.
    [[nodiscard]] bool is_open() const noexcept { return is_open_; }

    /// Adds a message. @return what is to be printed now, usually nothing yet
    [[nodiscard]] std::string add(std::uint64_t id, const Said& said);

    /// Adds another text between the messages. @return what is to be printed now
    [[nodiscard]] std::string pass(const std::string& text);

    /// Ends the backlog, complete or cut off by a loss. @return what is to be printed
    [[nodiscard]] std::string end();

    /// Tells whether any added text has not been returned yet.
    [[nodiscard]] bool holds() const noexcept { return !held_.empty(); }

    /// Describes how much of a large backlog has come; nothing for a small one.
    [[nodiscard]] std::optional<std::string> progress() const;

  private:
    [[nodiscard]] std::string release();

    Transcript& transcript_;
    bool is_open_ = false;
    bool has_headline_ = false;
    std::uint64_t cursor_ = 0;
    std::uint64_t last_ = 0;
    std::uint64_t newest_ = 0;
    std::uint64_t count_ = 0;
    std::time_t first_ = 0;
    std::string held_;
};

}  // namespace belfry::terminal
