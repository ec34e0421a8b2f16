#pragma once

#include "tests/support/belfryctl.hpp"
#include "tests/support/failure.hpp"
#include "tests/support/server.hpp"
#include "tests/support/store_db.hpp"

#include <sys/shm.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <string>

/// What the tests share in which the database, the lock files or the data directory are lost.
namespace belfry::test {

namespace fs = std::filesystem;

inline void send_sent(RawClient& client, std::uint64_t seq, const std::string& text) {
    client.send_message(seq, text);
    client.expect("SENT " + std::to_string(seq) + " " + std::to_string(seq));
}

inline void delete_database(const Server& server) {
    for (const char* suffix : {"", "-wal", "-shm"}) {
        fs::remove(StoreDb::file(server.data_dir()).string() + suffix);
    }
}

inline void expect_failed(const Server& server, const std::string& why) {
    EXPECT_TRUE(server.will_say(why)) << server.errors();
    EXPECT_TRUE(server.will_say("new messages are refused")) << server.errors();
}

/// A store that failed before a restart may fail for a moment longer.
inline RawClient log_in_to_working(const Server& server) {
    const auto works = [&] { return server.status().at("store").at("state") == "works"; };
    if (!eventually(works)) throw Failure("the store does not work");
    return server.log_in("1");
}

inline std::size_t count_lines(const std::string& text, const std::string& part) {
    const Lines lines = lines_of(text);
    return static_cast<std::size_t>(std::ranges::count_if(
        lines, [&](const std::string& line) { return line.find(part) != std::string::npos; }));
}

inline std::string last_line(const std::string& text) {
    const Lines lines = lines_of(text);
    return lines.empty() ? "" : lines.back();
}

/// `recover --segment N`, as the last line that a server or belfryctl said names it.
inline Lines named_command(const std::string& errors) {
    const std::string line = last_line(errors);
    const std::string before = "belfryctl --data-dir NEW recover --segment ";
    const auto at = line.find(before);
    if (at == std::string::npos) throw Failure("no command is named: " + errors);
    return {"recover", "--segment", line.substr(at + before.size())};
}

/// The segment of a server whose own data directory may be gone, removed at the end.
class Last {
  public:
    explicit Last(const Server& server) : shmid_{server.segment().value().shmid} {}
    Last(const Last&) = delete;
    Last& operator=(const Last&) = delete;
    ~Last() { ::shmctl(shmid_, IPC_RMID, nullptr); }

    [[nodiscard]] Lines recover() const { return {"recover", "--segment", std::to_string(shmid_)}; }

  private:
    int shmid_;
};

class NewDirectory {
  public:
    [[nodiscard]] fs::path path() const { return folder_.path() / "new"; }

    [[nodiscard]] Result belfryctl(Lines arguments) const {
        arguments.insert(arguments.begin(), {"--data-dir", path().string()});
        return run({program("belfryctl"), std::move(arguments)});
    }

    /// The command that serves it instead of the server's own.
    [[nodiscard]] Invocation command(const Server& server) const {
        Invocation command = server.command();
        for (std::string& argument : command.arguments) {
            if (argument == server.data_dir().string()) argument = path().string();
        }
        return command;
    }

  private:
    TempDir folder_;
};

}  // namespace belfry::test
