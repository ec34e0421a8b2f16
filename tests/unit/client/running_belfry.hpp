#pragma once

#include "tests/support/process.hpp"
#include "tests/unit/client/fake_server.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace belfry::client::testing {

/// The command `belfry -client_id 1 -port <port> <more>`.
[[nodiscard]] test::Command belfry_command(std::uint16_t port,
                                           const std::vector<std::string>& more = {},
                                           test::Input input = {});

/// The real program with a pipe for its standard input, beside the fake server it talks to.
struct RunningBelfry {
    explicit RunningBelfry(const std::vector<std::string>& more = {});

    /// The input ends, and with it everything: lets the client go and returns its exit status.
    int finish(FakeSession& session);

    FakeServer server;
    test::Process process;
};

}  // namespace belfry::client::testing
