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

/// Helpers for the tests in which the database, the lock files or the data directory are lost.
namespace belfry::test {

namespace fs = std::filesystem;

/// Sends the text, and expects SENT with an id that equals the seq.
inline void send_and_expect_sent(RawClient& client, std::uint64_t seq, const std::string& text) {
    client.send_message(seq, text);
    client.expect("SENT " + std::to_string(seq) + " " + std::to_string(seq));
}

inline void delete_database(const Server& server) {
    for (const char* suffix : {"", "-wal", "-shm"}) {
        fs::remove(StoreDb::file(server.data_dir()).string() + suffix);
    }
}

/// Expects that the server logs the reason why its store failed, and refuses new messages.
inline void expect_store_failure(const Server& server, const std::string& why) {
    EXPECT_TRUE(server.will_say(why)) << server.errors();
    EXPECT_TRUE(server.will_say("new messages are refused")) << server.errors();
}

/// Logs in as client 1 after the store works. A store that failed before a restart may fail for a
/// moment longer.
inline RawClient log_in_when_store_works(const Server& server) {
    const auto works = [&] { return server.status().at("store").at("state") == "works"; };
    if (!eventually(works)) throw Failure("the store does not work");
    return server.log_in("1");
}

/// Returns how many lines of the text contain the part.
inline std::size_t count_lines(const std::string& text, const std::string& part) {
    const Lines lines = lines_of(text);
    return static_cast<std::size_t>(std::ranges::count_if(
        lines, [&](const std::string& line) { return line.find(part) != std::string::npos; }));
}

inline std::string last_line(const std::string& text) {
    const Lines lines = lines_of(text);
    return lines.empty() ? "" : lines.back();
}

/// Returns the arguments `recover --segment N` of the command that the last error line suggests.
inline Lines suggested_recovery(const std::string& errors) {
    const std::string line = last_line(errors);
    const std::string before = "belfryctl --data-dir NEW recover --segment ";
    const auto at = line.find(before);
    if (at == std::string::npos) throw Failure("the errors suggest no recover command: " + errors);
    return {"recover", "--segment", line.substr(at + before.size())};
}

/// Removes the segment of a server in its destructor. Server cannot do that if its data directory
/// is gone.
class SegmentToRemove {
  public:
    explicit SegmentToRemove(const Server& server) : shmid_{server.segment().value().shmid} {}
    SegmentToRemove(const SegmentToRemove&) = delete;
    SegmentToRemove& operator=(const SegmentToRemove&) = delete;
    ~SegmentToRemove() { ::shmctl(shmid_, IPC_RMID, nullptr); }

    [[nodiscard]] Lines recover_command() const {
        return {"recover", "--segment", std::to_string(shmid_)};
    }

  private:
    int shmid_;
};

/// A data directory that does not exist yet, into which `belfryctl recover` can write.
class NewDataDirectory {
  public:
    [[nodiscard]] fs::path path() const { return folder_.path() / "new"; }

    [[nodiscard]] Result belfryctl(Lines arguments) const {
        arguments.insert(arguments.begin(), {"--data-dir", path().string()});
        return run({program("belfryctl"), std::move(arguments)});
    }

    /// Returns the command that starts the server on this data directory instead of its own.
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
