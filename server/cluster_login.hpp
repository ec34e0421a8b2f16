#pragma once

#include "server/session_context.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace belfry::server {

/// A login at a node of a cluster. Its entry goes through the outbox into the log of the cluster,
/// and the session begins when the replica has applied it. The entry is void if the client has got
/// another login meanwhile; then the session asks again while its connection lives. Only the input
/// thread of a session child uses it.
class ClusterLogin {
  public:
    using LoginResult = shm::Session::LoginResult;

    /// @param context and client_id outlive the object
    ClusterLogin(SessionContext& context, std::string_view client_id,
                 std::uint64_t secret_version) noexcept;

    /// Makes this the only session of the client in the cluster. It may wait for 15 s.
    /// @return nothing if the loop has ended meanwhile; `not_current` if the cluster cannot be
    /// reached; otherwise as Session::login()
    [[nodiscard]] std::optional<LoginResult> log_in(shm::Session::Welcome& welcome);

  private:
    [[nodiscard]] bool wait_until_started();
    [[nodiscard]] std::optional<LoginResult> ask_until_decided(shm::Session::Welcome& welcome);
    [[nodiscard]] bool wait_until_applied(std::uint64_t position);
    [[nodiscard]] bool may_wait();
    [[nodiscard]] std::uint64_t current_login() const;
    [[nodiscard]] bool is_given_up(std::uint64_t present) const;

    SessionContext* context_;
    std::string_view client_id_;
    std::uint64_t secret_version_;
    SessionLoop::Clock::time_point began_;
    std::uint64_t former_;  ///< the login that the client had at any node when this one began
};

}  // namespace belfry::server
