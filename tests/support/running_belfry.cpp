#include "tests/support/running_belfry.hpp"

namespace belfry::test {

Invocation belfry_command(std::uint16_t port, const std::vector<std::string>& more, Input input) {
    Invocation command{.program = program("belfry"),
                       .arguments = {"-client_id", "1", "-port", std::to_string(port)},
                       .input = std::move(input)};
    command.arguments.insert(command.arguments.end(), more.begin(), more.end());
    return command;
}

int serve_once(FakeServer& server, Process& belfry, std::string_view login) {
    FakeSession session = server.accept();
    session.expect(login);
    session.say("WELCOME 1 cursor=0 last=0 seq=0 epoch=a1 max-payload=65536\r\nLIVE 0\r\n");
    belfry.close_input();
    session.let_go();
    return belfry.wait();
}

RunningBelfry::RunningBelfry(const std::vector<std::string>& more)
    : process{belfry_command(server.port(), more, Input::pipe())} {}

int RunningBelfry::finish(FakeSession& session) {
    process.close_input();
    session.let_go();
    return process.wait();
}

}  // namespace belfry::test
