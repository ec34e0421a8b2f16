#pragma once

#include "base/clock.hpp"

#include <cstddef>
#include <functional>
#include <string_view>

namespace belfry::terminal {

/// cli::warn() of the program belfry, or whoever listens instead.
void warn(std::string_view text);

/// Who listens from now on; null: nobody does. Where standard error is no terminal it gets the
/// lines all the same.
void redirect_warnings(std::function<void(std::string_view text)> listener);

/// One line on standard error that says how far a long work has come, written over and over.
/// Nothing where standard error is no terminal, and nothing in a work's first second. Complaints
/// make way for themselves. One per process.
class Progress {
  public:
    Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;
    ~Progress();

    /// A work begins, or goes on.
    void begin(base::TimePoint now);

    /// Whether it is time to show() it.
    [[nodiscard]] bool is_due(base::TimePoint now) const { return base::has_passed(next_, now); }

    /// By when it is; none: there is no work.
    [[nodiscard]] base::Deadline next() const noexcept { return next_; }

    /// @param text one harmless row; empty: the work has ended
    void show(std::string_view text, base::TimePoint now);

    /// Takes it away, before something else is written to the terminal.
    void clear();

  private:
    [[nodiscard]] static bool write(std::string_view text);

    bool is_terminal_;
    base::Deadline next_;
    std::size_t shown_ = 0;  // so many columns stand there
};

}  // namespace belfry::terminal
