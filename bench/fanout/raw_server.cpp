#include "bench/fanout/raw_server.hpp"

#include "base/futex.hpp"
#include "bench/support/connection.hpp"
#include "bench/support/line_splitter.hpp"
#include "bench/support/wait.hpp"
#include "tests/support/failure.hpp"

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <new>
#include <sstream>
#include <string>
#include <vector>

namespace belfry::bench {
namespace {

constexpr std::size_t piece_size = 64 << 10;
const std::string zeros(piece_size, '\0');

/// Writes to all subscribers, one after the other.
class OneForAll {
  public:
    void add(Connection subscriber) { subscribers_.push_back(std::move(subscriber)); }

    void write(std::uint64_t bytes) const {
        while (bytes > 0) {
            const std::uint64_t piece = std::min<std::uint64_t>(bytes, piece_size);
            for (const Connection& subscriber : subscribers_) {
                subscriber.send({zeros.data(), piece});
            }
            bytes -= piece;
        }
    }

  private:
    std::vector<Connection> subscribers_;
};

/// Forks a process for each subscriber. Each process waits until there is more to write.
class OneForEach {
  public:
    OneForEach() {
        void* const memory = ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE,
                                    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) throw test::system_failure("mmap");
        shared_ = new (memory) Shared;
    }

    void add(const Connection& subscriber) {
        const pid_t child = ::fork();
        if (child == -1) throw test::system_failure("fork");
        if (child == 0) follow(subscriber);
    }

    void write(std::uint64_t bytes) const {
        shared_->bytes += bytes;
        ++shared_->news;
        base::futex_wake(shared_->news, std::numeric_limits<int>::max(), all);
    }

  private:
    struct Shared {
        std::atomic<std::uint64_t> bytes = 0;  ///< total for each subscriber
        std::atomic<std::uint32_t> news = 0;
    };
    static constexpr std::uint32_t all = 0xffff'ffff;

    [[noreturn]] void follow(const Connection& subscriber) const {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        std::uint64_t written = 0;
        while (true) {
            const std::uint32_t seen = shared_->news;
            const std::uint64_t piece =
                std::min<std::uint64_t>(shared_->bytes - written, piece_size);
            if (piece == 0) {
                base::futex_wait(shared_->news, seen, Clock::time_point::max(), all);
            } else {
                subscriber.send({zeros.data(), piece});
                written += piece;
            }
        }
    }

    Shared* shared_;  ///< exists until the end of the process
};

template <typename Subscribers>
class RawServer {
  public:
    [[noreturn]] void run() {
        std::printf("listening on %u\n", static_cast<unsigned>(listener_.port()));
        static_cast<void>(std::fflush(stdout));
        while (true) {
            Connection connection = listener_.accept();
            const bool is_publisher = line_of(connection) == "PUB\r\n";
            connection.send("OK\r\n");
            if (is_publisher) serve(connection);
            subscribers_.add(std::move(connection));
        }
    }

  private:
    /// Reads the greeting. A client sends nothing more before the answer.
    std::string line_of(const Connection& connection) {
        std::string line;
        while (!line.ends_with('\n')) line += connection.receive(buffer_);
        return line;
    }

    [[noreturn]] void serve(const Connection& publisher) {
        publisher.wait_for_ever();
        LineSplitter lines;
        while (true) {
            lines.feed(publisher.receive(buffer_), [&](std::string_view line) {
                std::istringstream fields{std::string{line}};
                std::uint64_t messages = 0;
                std::uint64_t bytes = 0;
                fields >> messages >> bytes;
                subscribers_.write(messages * bytes);
                publisher.send(std::to_string(messages) + "\r\n");
            });
        }
    }

    Listener listener_;
    Subscribers subscribers_;
    std::array<char, 256> buffer_{};
};

}  // namespace

void serve_raw() {
    RawServer<OneForAll>{}.run();
}

void serve_relay() {
    RawServer<OneForEach>{}.run();
}

}  // namespace belfry::bench
