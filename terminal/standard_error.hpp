#pragma once

#include "base/clock.hpp"

#include <cstddef>
#include <functional>
#include <string_view>

namespace belfry::terminal {

/// Warns the user: gives the text to the listener, or to cli::warn() if there is none. Only the
/// main thread may call it.
void warn(std::string_view text);

/// Sets the listener of warn(); null: none. If standard error is not a terminal, cli::warn() gets
/// every text as well.
void redirect_warnings(std::function<void(std::string_view text)> listener);

/// A progress row on standard error for work that takes long. Each show() overwrites the row.
/// Nothing is shown if standard error is not a terminal, or in the first second of the work. A
/// warning removes the row before it is printed. One per process.
class Progress {
  public:
    Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;
    ~Progress();

    /// Says that work has begun or continues.
    void begin(base::TimePoint now);

    /// Tells whether show() is due.
    [[nodiscard]] bool is_due(base::TimePoint now) const { return base::has_passed(next_, now); }

    /// Returns when show() is due next; nothing if there is no work.
    [[nodiscard]] base::Deadline next() const noexcept { return next_; }

    /// Shows the row.
    /// @param text one row without control characters; empty: the work has ended
    void show(std::string_view text, base::TimePoint now);

    /// Removes the row. Call it before something else is written to the terminal.
    void clear();

  private:
    [[nodiscard]] static bool write(std::string_view text);

    bool is_terminal_;
    base::Deadline next_;
    std::size_t shown_ = 0;  // the width of the row on the terminal
};

}  // namespace belfry::terminal
