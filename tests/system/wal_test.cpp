#include "tests/support/deadline.hpp"
#include "tests/support/failure.hpp"
#include "tests/support/server.hpp"
#include "tests/support/store_db.hpp"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

/// The write-ahead log of the store while there is always a reader.
namespace belfry::test {
namespace {

constexpr std::uint64_t mib = 1 << 20;
constexpr std::size_t body_bytes = 64 << 10;

/// Two readers of the store that take turns. Each ends its transaction after the other one has
/// begun, so at least one is open at any time.
class OverlappingReaders {
  public:
    explicit OverlappingReaders(const std::filesystem::path& data_dir)
        : readers_{StoreDb{data_dir}, StoreDb{data_dir}} {
        begin(readers_[0]);
        thread_ = std::jthread{[this](const std::stop_token& stop) { read_by_turns(stop); }};
    }

  private:
    static void begin(StoreDb& reader) {
        reader.run("BEGIN");
        static_cast<void>(reader.number("SELECT count(*) FROM clients"));
    }

    void read_by_turns(const std::stop_token& stop) {
        constexpr std::chrono::milliseconds transaction{10};
        for (std::size_t turn = 1; !stop.stop_requested(); turn = 1 - turn) {
            std::this_thread::sleep_for(transaction);
            begin(readers_[turn]);
            readers_[1 - turn].run("COMMIT");
        }
    }

    std::array<StoreDb, 2> readers_;
    std::jthread thread_;
};

/// Returns how often the write-ahead log was started over, according to its header.
std::uint32_t generation_of(const std::filesystem::path& wal) {
    constexpr std::streamoff sequence_offset = 12;
    std::ifstream file{wal, std::ios::binary};
    file.seekg(sequence_offset);
    std::array<unsigned char, 4> bytes{};
    if (!file.read(reinterpret_cast<char*>(bytes.data()), bytes.size())) {
        throw Failure{"no header: " + wal.string()};
    }
    return std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 |
           std::uint32_t{bytes[2]} << 8 | bytes[3];
}

TEST(WriteAheadLog, IsStartedOverAbove64MiBAlthoughReadersOverlap) {
    Server server{{.more = {"--ring-size", "1M"}, .durability = "commit"}};
    RawClient sender = server.log_in("1");
    const auto wal = server.data_dir() / "belfry.db-wal";
    const OverlappingReaders readers{server.data_dir()};
    const std::string body(body_bytes, 'x');
    std::uint64_t seq = 0;
    const auto send = [&] {
        sender.send_message(++seq, body);
        sender.expect("SENT " + std::to_string(seq) + " " + std::to_string(seq));
    };
    send();  // from here on the log has a header
    const std::uint32_t generation = generation_of(wal);
    while (seq * body_bytes < 64 * mib) send();
    EXPECT_TRUE(eventually([&] {
        send();
        return generation_of(wal) != generation;
    })) << std::filesystem::file_size(wal) / mib
        << " MiB";
    EXPECT_TRUE(eventually([&] {
        send();
        return std::filesystem::file_size(wal) <= 64 * mib;
    }));
}

}  // namespace
}  // namespace belfry::test
