#pragma once

#include "client/colour.hpp"
#include "client/options.hpp"
#include "client/output.hpp"
#include "client/view.hpp"

namespace belfry::client {

/// Messages as lines of standard output, of text or JSON, for programs and files.
class PlainView : public View {
  public:
    PlainView(const Options& options, Output& output);

    void welcome(const wire::Welcome& frame) override;
    void message(const wire::Message& frame) override;
    void accepted(std::string_view text, std::uint64_t id) override;
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

}  // namespace belfry::client
