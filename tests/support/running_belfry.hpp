#pragma once

#include "tests/support/fake_server.hpp"
#include "tests/support/process.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace belfry::test {

/// The command `belfry -client_id 1 -port <port> <more>`.
[[nodiscard]] Invocation belfry_command(std::uint16_t port,
                                        const std::vector<std::string>& more = {},
                                        Input input = {});

/// The real program with a pipe for its standard input, beside the fake server it talks to.
struct RunningBelfry {
    explicit RunningBelfry(const std::vector<std::string>& more = {});

    /// The input ends, and with it everything: lets the client go and returns its exit status.
    int finish(FakeSession& session);

    FakeServer server;
    Process process;
};

}  // namespace belfry::test
