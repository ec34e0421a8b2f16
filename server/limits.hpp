#pragma once

#include "server/options.hpp"
#include "shm/segment.hpp"

/// What of the options lies in the segment, where a reload can change it. By the supervisor.
namespace belfry::server {

void set_retention(const shm::Segment& segment, const Options& options) noexcept;

/// At most as many as the segment was made for. @return how many it is
std::uint32_t set_max_online(const shm::Segment& segment, const Options& options) noexcept;

/// A line: more are wanted than the segment was made for.
void say_max_clients_stay(const shm::Segment& segment, std::uint32_t wanted) noexcept;

void set_log_level(const shm::Segment& segment, LogLevel level) noexcept;

/// As many descriptors as watching all sessions may take; where the system permits fewer, a line
/// says so.
void reserve_descriptors(const shm::Segment& segment);

}  // namespace belfry::server
