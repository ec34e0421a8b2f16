// One of several workers that share jobs. Anybody sends `job WHAT`. Each worker answers `claim ID`,
// and the first claim in the log wins, because all of them see the same order.
// Usage: jobs CLIENT-ID URL...
#include <belfry/client.hpp>
#include <iostream>
#include <map>
#include <set>
#include <string>

namespace {

class Worker {
  public:
    explicit Worker(belfry::Client& client) : client_{client} {}

    void take(const belfry::Message& message) {
        if (message.payload.starts_with("job ")) claim(message);
        if (message.payload.starts_with("claim ")) claimed_.insert(message.payload.substr(6));
    }

    // The place of an own claim in the log: every earlier claim has been taken before.
    void take(const belfry::Sent& sent) {
        const auto claim = claims_.extract(sent.seq);
        if (claim.empty()) return;
        const auto& [id, what] = claim.mapped();
        if (!claimed_.insert(id).second) return;
        std::cout << what << std::endl;  // here the work is done
        client_.send("done " + id);
    }

  private:
    struct Job {
        std::string id;
        std::string what;
    };

    void claim(const belfry::Message& message) {
        Job job{std::to_string(message.id), message.payload.substr(4)};
        const std::string text = "claim " + job.id;
        client_.send(text, {}, {.on_seq = [this, job](auto seq) { claims_[seq] = job; }});
    }

    belfry::Client& client_;
    std::set<std::string> claimed_;        // the ids of the jobs that have been claimed
    std::map<std::uint64_t, Job> claims_;  // own claims without a place, by their seqs
};

}  // namespace

int main(int argc, char** argv) {
    if (argc < 3) return std::cerr << "usage: jobs CLIENT-ID URL...\n", 2;
    auto client = belfry::Client::open({.id = argv[1], .servers = {argv + 2, argv + argc}});
    if (!client) return std::cerr << "jobs: " << client.error().text << '\n', 1;
    Worker worker{*client};
    client->on_sent([&](const belfry::Sent& sent) { worker.take(sent); });
    auto message = client->receive();
    for (; message; message = client->receive()) worker.take(*message);
    return std::cerr << "jobs: " << message.error().text << '\n', 1;
}
