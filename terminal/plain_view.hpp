#pragma once

#include "client/observer.hpp"
#include "terminal/colour.hpp"
#include "terminal/options.hpp"
#include "terminal/output.hpp"
#include "terminal/standard_error.hpp"
#include "wire/frame.hpp"

#include <string>
#include <string_view>

namespace belfry::terminal {

/// Messages as lines of standard output, of text or JSON, for programs and files.
class PlainView : public client::Observer {
  public:
    PlainView(const Options& options, Output& output);

    void notice(std::string_view text) override { warn(text); }
    void welcome(const wire::Welcome& frame) override;
    void message(const wire::Message& frame) override;
    void accepted(std::string_view, std::uint64_t) override { ++accepted_; }
    void refused(std::uint64_t line, std::string_view text, std::string_view why) override;

    /// How many lines have been accepted.
    [[nodiscard]] std::uint64_t accepted() const noexcept { return accepted_; }

    /// How many ids of the backlog have been passed, and how many it had.
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

// How a message is printed as text; wire/json.hpp prints it as JSON.

/// The text so that a terminal only shows it. Each row after the first one is indented, so that it
/// cannot look like another message.
[[nodiscard]] std::string indented_rows(std::string_view text);

/// `sender: text` and a newline. For a terminal as indented_rows(), else the bytes as they are.
void append_text(std::string& out, const wire::Message& message, bool for_terminal,
                 Painter& painter);

}  // namespace belfry::terminal
