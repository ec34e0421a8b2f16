#pragma once

#include "tests/support/fake_server.hpp"
#include "tests/support/process.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace belfry::test {

/// Returns the command `belfry -client_id 1 -port <port> <more>`.
[[nodiscard]] Invocation belfry_command(std::uint16_t port,
                                        const std::vector<std::string>& more = {},
                                        Input input = {});

/// Lets belfry, whose standard input is a pipe, log in once and end.
/// @param login the line by which it must log in
/// @return its exit status
int serve_once(FakeServer& server, Process& belfry, std::string_view login = "LOGIN 1 ack=manual");

/// The real program belfry, with a pipe as its standard input, and the fake server that it talks
/// to.
struct RunningBelfry {
    explicit RunningBelfry(const std::vector<std::string>& more = {});

    /// Closes the standard input, answers the QUIT of belfry, and returns its exit status.
    int finish(FakeSession& session);

    FakeServer server;
    Process process;
};

}  // namespace belfry::test
