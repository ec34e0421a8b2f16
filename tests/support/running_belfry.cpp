#include "tests/support/running_belfry.hpp"

namespace belfry::test {

Invocation belfry_command(std::uint16_t port, const std::vector<std::string>& more, Input input) {
    Invocation command{.program = program("belfry"),
                       .arguments = {"-client_id", "1", "-port", std::to_string(port)},
                       .input = std::move(input)};
    command.arguments.insert(command.arguments.end(), more.begin(), more.end());
    return command;
}

RunningBelfry::RunningBelfry(const std::vector<std::string>& more)
    : process{belfry_command(server.port(), more, Input::pipe())} {}

int RunningBelfry::finish(FakeSession& session) {
    process.close_input();
    session.let_go();
    return process.wait();
}

}  // namespace belfry::test
