#pragma once

#include "bench/support/connection.hpp"
#include "bench/support/frame_counter.hpp"

#include <atomic>
#include <cstdint>
#include <exception>
#include <string>
#include <thread>
#include <vector>

namespace belfry::bench {

/// Many clients that read and discard everything, in one thread with one epoll loop.
class ReadingClients {
  public:
    /// Logs all in and waits until they are live.
    /// @param tls unless it is null, they use TLS
    ReadingClients(std::uint16_t port, const std::vector<std::string>& client_ids,
                   const Tls* tls = nullptr);
    ReadingClients(const ReadingClients&) = delete;
    ReadingClients& operator=(const ReadingClients&) = delete;
    ~ReadingClients();

    /// Waits until each of them has received this many messages.
    void wait_until_each_has(std::uint64_t messages) const;

  private:
    struct Member {
        Connection connection;
        FrameCounter counter = {};
    };
    void log_in(Connection connection, const std::string& client_id);
    void read_all() noexcept;
    void read_once(std::vector<char>& buffer);
    void read(Member& member, std::vector<char>& buffer);
    void check() const;

    base::UniqueFd epoll_;
    std::vector<Member> members_;  ///< after the start only the thread uses it
    std::atomic<std::uint64_t> live_ = 0;
    std::atomic<std::uint64_t> messages_ = 0;  ///< of all members together
    std::atomic<bool> stop_ = false;
    std::atomic<bool> failed_ = false;
    std::exception_ptr failure_;  ///< written before failed_
    std::thread thread_;
};

}  // namespace belfry::bench
