#pragma once

#include "base/unique_fd.hpp"
#include "server/session_process.hpp"
#include "tests/support/frame_reader.hpp"
#include "tests/support/session_rules.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace belfry::fuzz {

/// A session in threads of this process, with the client's end of its connection.
class Guest {
  public:
    Guest(shm::Segment& segment, std::uint32_t slot);
    Guest(const Guest&) = delete;
    Guest& operator=(const Guest&) = delete;
    ~Guest() { end(); }

    /// Sends all bytes, and reads what arrives meanwhile.
    void send(std::string_view bytes);
    void shutdown_sending();

    /// Returns the next frame; none at the end of the connection. Checks that both parsers read it
    /// and that the rules allow it. Throws if it does not come in time.
    [[nodiscard]] std::optional<test::Frame> next();

    /// Reads the next frame; throws if its line is not this one.
    void expect(std::string_view line);

    /// Closes the connection, and waits until the session has ended. Its output thread may still
    /// run.
    void end();

  private:
    [[nodiscard]] bool receive(short events);
    void check_bytes();

    std::filesystem::path no_data_dir_;
    std::unique_ptr<server::Heritage> heritage_;
    std::unique_ptr<server::SessionContext> session_;
    base::UniqueFd client_;
    std::string unchecked_;  ///< received, but not yet parsed by wire/
    test::FrameReader reader_;
    test::SessionRules rules_;
    std::thread thread_;
};

/// A small log in memory, a witness that is online all the time, and a guest that has not logged
/// in.
class Stage {
  public:
    static constexpr std::string_view witness_name = "w-5e1f";

    Stage();
    Stage(const Stage&) = delete;
    Stage& operator=(const Stage&) = delete;
    ~Stage();

    [[nodiscard]] Guest& guest() { return *guest_; }

    /// The witness sends a message.
    void witness_says(std::string_view text);

    /// The witness reads up to the SENT of its last message, and logs out.
    void witness_concludes();

    /// Returns the broken invariants of the log, see shm::broken_invariants().
    [[nodiscard]] std::vector<std::string> broken() const;

  private:
    void wait_for_threads();

    std::size_t threads_before_;
    shm::Segment segment_;
    std::uint64_t said_ = 0;
    std::optional<Guest> witness_;
    std::optional<Guest> guest_;
};

}  // namespace belfry::fuzz
