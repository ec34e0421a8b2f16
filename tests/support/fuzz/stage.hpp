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

/// A session in threads of this process, and its client's end of the connection.
class Guest {
  public:
    Guest(shm::Segment& segment, std::uint32_t slot);
    Guest(const Guest&) = delete;
    Guest& operator=(const Guest&) = delete;
    ~Guest() { end(); }

    /// Sends it all, and reads meanwhile.
    void send(std::string_view bytes);
    void shutdown_sending();

    /// The next frame, which both parsers read and the rules allow; none at the end of the
    /// connection. Throws where it does not come in time.
    [[nodiscard]] std::optional<test::Frame> next();

    /// The next frame; throws where it is another one.
    void expect(std::string_view line);

    /// Closes the connection, and waits for the session to end. Its output thread may still run.
    void end();

  private:
    [[nodiscard]] bool receive(short events);
    void check_bytes();

    std::filesystem::path no_data_dir_;
    std::unique_ptr<server::Heritage> heritage_;
    std::unique_ptr<server::SessionProcess> session_;
    base::UniqueFd client_;
    std::string unchecked_;  ///< received, and not yet seen as frames by wire/
    test::FrameReader reader_;
    test::SessionRules rules_;
    std::thread thread_;
};

/// A small log in memory, a witness who is online all the time, and a guest who is not logged in.
class Stage {
  public:
    static constexpr std::string_view witness_name = "w-5e1f";

    Stage();
    Stage(const Stage&) = delete;
    Stage& operator=(const Stage&) = delete;
    ~Stage();

    [[nodiscard]] Guest& guest() { return *guest_; }

    /// The witness says something.
    void witness_says(std::string_view text);

    /// The witness reads up to the SENT of what it said last, and leaves.
    void witness_concludes();

    /// See shm::broken_invariants().
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
