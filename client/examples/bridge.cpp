// Sends each line of standard input as a message: journalctl -f | bridge CLIENT-ID URL...
#include <atomic>
#include <belfry/client.hpp>
#include <iostream>
#include <string>

int main(int argc, char** argv) {
    if (argc < 3) return std::cerr << "usage: bridge CLIENT-ID URL...\n", 2;
    auto client = belfry::Client::open({.id = argv[1], .servers = {argv + 2, argv + argc}});
    if (!client) return std::cerr << "bridge: " << client.error().text << '\n', 1;
    std::atomic<int> refused = 0;
    const auto on_outcome = [&](const belfry::Result<belfry::Receipt>& outcome) {
        if (outcome) return;
        ++refused;
        std::cerr << "bridge: a line was not accepted: " << outcome.error().text << '\n';
    };
    client->on_notice([](std::string_view text) { std::cerr << "bridge: " << text << '\n'; });
    client->on_message([](const belfry::Message&) {});  // what others send is not wanted
    client->start();  // it sends while this thread waits for a line

    for (std::string line; std::getline(std::cin, line);) {
        client->send(line, on_outcome);
        // While the server is away, the input waits, so that no memory fills up.
        while (!client->has_room() && client->state() != belfry::State::stopped) {
            static_cast<void>(client->settle(std::chrono::milliseconds{100}));
        }
    }
    const auto settled = client->settle();
    if (!settled) std::cerr << "bridge: " << settled.error().text << '\n';
    client->close();
    return settled && refused == 0 ? 0 : 1;
}
