#pragma once

/// Sets which processes the kernel kills first if memory runs out. If the system does not permit
/// that, nothing changes.
namespace belfry::server {

/// Makes supervisor and archiver unlikely to be killed, since nobody can log in or send without
/// them. The supervisor calls it before it forks; children inherit the score.
void lower_oom_score() noexcept;

/// Restores the usual score in a session child, whose client would reconnect. The child calls it.
void restore_oom_score() noexcept;

}  // namespace belfry::server
