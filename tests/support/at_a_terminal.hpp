#pragma once

#include "tests/support/server.hpp"
#include "tests/support/terminal.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace belfry::test {

using Rows = std::vector<std::string>;

/// Runs belfry as client 1 on a terminal.
class AtATerminal : public testing::Test {
  protected:
    Terminal& sit_down(std::vector<std::string> more = {}, TerminalSize size = {},
                       Environment environment = {}) {
        Invocation command = server_.belfry("1", std::move(more));
        command.environment = std::move(environment);
        terminal_.emplace(command, size);
        terminal_->expect("1>");
        return *terminal_;
    }

    /// Expects the text in the next message that client 2 receives.
    void expect_sent(RawClient& other, const std::string& text) {
        while (true) {
            const Frame frame = other.next();
            if (frame.verb != "MSG") continue;
            EXPECT_EQ(frame.payload, text);
            return;
        }
    }

    Server server_;
    std::optional<Terminal> terminal_;
};

}  // namespace belfry::test
