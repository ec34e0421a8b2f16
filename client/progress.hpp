#pragma once

#include "client/clock.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace belfry::client {

/// One line on standard error that says how far a long work has come, written over and over.
/// Nothing where standard error is no terminal, and nothing in the first second. Complaints make
/// way for themselves. One per process.
class Progress {
  public:
    explicit Progress(TimePoint now);
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;
    ~Progress();

    /// Whether it is time to show() again.
    [[nodiscard]] bool is_due(TimePoint now) const { return has_passed(next_, now); }

    /// By when it is; none: never.
    [[nodiscard]] Deadline next() const noexcept { return next_; }

    /// @param text one harmless row; empty: nothing takes long
    void show(std::string_view text, TimePoint now);

    /// Takes it away, before something else is written to the terminal.
    void clear();

  private:
    static void write(std::string_view text);

    Deadline next_;
    std::size_t shown_ = 0;  // so many columns stand there
};

}  // namespace belfry::client
