#pragma once

#include <initializer_list>

namespace belfry::ctl {

/// From now on these signals end the process no more: they break off what waits, and is_to_end()
/// tells of them. By a command that goes on until it is told to end.
void take_end_signals(std::initializer_list<int> signals) noexcept;

/// Whether one of them has come.
[[nodiscard]] bool is_to_end() noexcept;

}  // namespace belfry::ctl
