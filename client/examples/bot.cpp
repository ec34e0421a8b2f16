// A chat bot that answers: `!time` with the time, `!who` with the clients that are online.
// Usage: bot CLIENT-ID URL...
#include <belfry/client.hpp>
#include <cstdlib>
#include <ctime>
#include <iostream>
#include <limits>

namespace {

std::string time_of_day() {
    const std::time_t now = std::time(nullptr);
    char text[32];
    return {text, std::strftime(text, sizeof text, "%H:%M:%S", std::localtime(&now))};
}

// A callback must not wait for an answer, so this one sends when the answer has come.
void tell_who(belfry::Client& client, const std::string& asker) {
    client.who([&client, asker](const belfry::Result<std::vector<belfry::User>>& users) {
        if (!users) return;
        std::string text = asker + ": online are";
        for (const auto& user : *users) text += user.online ? " " + user.id : "";
        client.send(text);
    });
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 3) return std::cerr << "usage: bot CLIENT-ID URL...\n", 2;
    const char* secret = std::getenv("BELFRY_SECRET");
    auto client = belfry::Client::open(
        {.id = argv[1],
         .servers = {argv + 2, argv + argc},
         .secret = secret != nullptr ? belfry::Secret{secret} : belfry::Secret{}});
    if (!client) return std::cerr << "bot: " << client.error().text << '\n', 1;

    client->on_notice([](std::string_view text) { std::cerr << "bot: " << text << '\n'; });
    client->on_message([&](const belfry::Message& message) {
        if (message.payload == "!time") client->send(message.sender + ": " + time_of_day());
        if (message.payload == "!who") tell_who(*client, message.sender);
    });
    client->start();
    std::cin.ignore(std::numeric_limits<std::streamsize>::max());  // until the end of its input
    static_cast<void>(client->settle(std::chrono::seconds{5}));
    client->close();
    return 0;
}
