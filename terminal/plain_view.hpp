#pragma once

#include "belfry/client.hpp"
#include "terminal/colour.hpp"
#include "terminal/options.hpp"
#include "terminal/output.hpp"
#include "terminal/standard_error.hpp"
#include "terminal/view.hpp"

#include <string>
#include <string_view>

namespace belfry::terminal {

/// Prints messages as lines of text or JSON on standard output, for programs and files.
class PlainView : public View {
  public:
    PlainView(const Options& options, Output& output);

    void notice(std::string_view text) override { warn(text); }
    void welcome(const Welcome& welcome) override;
    void message(const Message& message) override;
    void accepted(std::uint64_t, const Receipt&) override { ++accepted_; }
    void refused(std::uint64_t line, const Error& why) override;

    /// Returns how many lines have been accepted.
    [[nodiscard]] std::uint64_t accepted() const noexcept { return accepted_; }

    /// Return how many ids of the backlog have come, and how many it had at the login.
    [[nodiscard]] std::uint64_t caught_up() const noexcept { return newest_ - cursor_; }
    [[nodiscard]] std::uint64_t backlog() const noexcept { return last_ - cursor_; }

  private:
    const Options& options_;
    Output& output_;
    Painter painter_;
    std::uint64_t accepted_ = 0;
    std::uint64_t cursor_ = 0;
    std::uint64_t newest_ = 0;
    std::uint64_t last_ = 0;
};

/// Replaces control characters, and indents each row after the first one, so that it cannot look
/// like another message.
[[nodiscard]] std::string indented_rows(std::string_view text);

/// Appends `sender: text` and a newline. A terminal gets what indented_rows() returns; anything
/// else gets the bytes unchanged. cli/json.hpp prints a message as JSON.
void append_text(std::string& out, const Message& message, bool for_terminal, Painter& painter);

}  // namespace belfry::terminal
