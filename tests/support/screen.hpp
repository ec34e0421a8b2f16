#pragma once

#include "tests/support/process.hpp"
#include "tests/support/temp_dir.hpp"

#include <string>
#include <vector>

namespace belfry::test {

/// A program in a terminal: tmux, with a socket of its own and no configuration.
class Screen {
  public:
    /// @param size columns and rows
    struct Size {
        int columns;
        int rows;
    };
    Screen(const std::vector<std::string>& program, Size size);
    Screen(const Screen&) = delete;
    Screen& operator=(const Screen&) = delete;
    ~Screen();

    /// What stands on it, row by row.
    [[nodiscard]] std::string text() const;

    /// Waits until a part of a row stands there; throws Failure where it does not come.
    void wait_for(const std::string& part) const;

    /// Keys as tmux names them: `q`, `Down`, `C-c`.
    void press(const std::string& key) const;

    void resize(Size size) const;

    /// Waits until the program has ended; its exit status.
    [[nodiscard]] int wait_for_end() const;

  private:
    Result tmux(std::vector<std::string> arguments) const;

    TempDir folder_;
};

}  // namespace belfry::test
