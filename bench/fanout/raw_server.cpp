#include "bench/fanout/raw_server.hpp"

#include "bench/support/connection.hpp"
#include "bench/support/line_splitter.hpp"
#include "tests/support/failure.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <sstream>
#include <string>
#include <vector>

namespace belfry::bench {
namespace {

constexpr std::size_t piece_size = 64 << 10;

class RawServer {
  public:
    RawServer() : zeros_(piece_size, '\0') {}

    [[noreturn]] void run() {
        std::printf("listening on %u\n", static_cast<unsigned>(listener_.port()));
        static_cast<void>(std::fflush(stdout));
        std::vector<Connection> subscribers;
        while (true) {
            Connection connection = listener_.accept();
            const bool is_publisher = line_of(connection) == "PUB\r\n";
            connection.send("OK\r\n");
            if (is_publisher) serve(connection, subscribers);
            subscribers.push_back(std::move(connection));
        }
    }

  private:
    /// The greeting: nobody sends more before the answer.
    std::string line_of(const Connection& connection) {
        std::string line;
        while (!line.ends_with('\n')) line += connection.receive(buffer_);
        return line;
    }

    [[noreturn]] void serve(const Connection& publisher,
                            const std::vector<Connection>& subscribers) {
        publisher.wait_for_ever();
        LineSplitter lines;
        while (true) {
            lines.feed(publisher.receive(buffer_), [&](std::string_view line) {
                std::istringstream fields{std::string{line}};
                std::uint64_t messages = 0;
                std::uint64_t bytes = 0;
                fields >> messages >> bytes;
                write(messages * bytes, subscribers);
                publisher.send(std::to_string(messages) + "\r\n");
            });
        }
    }

    void write(std::uint64_t bytes, const std::vector<Connection>& subscribers) const {
        while (bytes > 0) {
            const std::uint64_t piece = std::min<std::uint64_t>(bytes, piece_size);
            const std::string_view out{zeros_.data(), piece};
            for (const Connection& subscriber : subscribers) subscriber.send(out);
            bytes -= piece;
        }
    }

    Listener listener_;
    std::array<char, 256> buffer_{};
    std::string zeros_;
};

}  // namespace

void serve_raw() {
    RawServer{}.run();
}

}  // namespace belfry::bench
