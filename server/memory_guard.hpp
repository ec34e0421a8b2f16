#pragma once

/// Who is killed when the machine is out of memory. Where the system does not permit it, nothing
/// changes.
namespace belfry::server {

/// Supervisor and archiver are killed late: without them nobody can log in, or send. By the
/// supervisor, before it forks; its children inherit it.
void guard_from_memory_killer() noexcept;

/// A session child is killed as any other process: its client reconnects. By the child.
void give_up_guard() noexcept;

}  // namespace belfry::server
