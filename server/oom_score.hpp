#pragma once

/// Who is killed when the machine is out of memory. Where the system does not permit it, nothing
/// changes.
namespace belfry::server {

/// Supervisor and archiver are killed late: without them nobody can log in, or send. By the
/// supervisor, before it forks; its children inherit it.
void lower_oom_score() noexcept;

/// A session child is killed as any other process: its client reconnects. By the child.
void restore_oom_score() noexcept;

}  // namespace belfry::server
