#pragma once

#include "terminal/transcript.hpp"

#include <cstdint>
#include <ctime>
#include <optional>
#include <string>

namespace belfry::terminal {

/// What others said while one was away: dimmed, below a headline that says how much it is, with a
/// divider behind it. It is held until all is there and can be counted, or until it is so much
/// that the headline names a bound instead.
class Backlog {
  public:
    explicit Backlog(Transcript& transcript) : transcript_{transcript} {}

    /// A login: what is behind the cursor, up to the last id, comes next.
    void begin(std::uint64_t cursor, std::uint64_t last);

    /// Whether it has not come to its end.
    [[nodiscard]] bool is_open() const noexcept { return is_open_; }

    /// A message of it. Returns what is to be printed now, mostly nothing yet.
    [[nodiscard]] std::string add(std::uint64_t id, const Said& said);

    /// Another text that stands between its messages. Returns what is to be printed now.
    [[nodiscard]] std::string pass(const std::string& text);

    /// It ends here, or is cut off. Returns what is to be printed.
    [[nodiscard]] std::string end();

    /// Whether something that was given to it has not been returned yet.
    [[nodiscard]] bool holds() const noexcept { return !held_.empty(); }

    /// How far it has come, where it is a large one.
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
