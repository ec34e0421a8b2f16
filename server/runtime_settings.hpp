#pragma once

#include "server/options.hpp"
#include "shm/segment.hpp"

/// What of the options lies in the segment, where a reload can change it, and other limits. By the
/// supervisor, unless it says otherwise.
namespace belfry::server {

void set_retention(const shm::Segment& segment, const Options& options) noexcept;

/// At most as many as the segment was made for. @return how many it is
std::uint32_t set_max_online(const shm::Segment& segment, const Options& options) noexcept;

/// A line: more are wanted than the segment was made for.
void log_max_clients_stay(const shm::Segment& segment, std::uint32_t wanted) noexcept;

void set_log_level(const shm::Segment& segment, LogLevel level) noexcept;

/// As many descriptors as watching all sessions may take; where the system permits fewer, a line
/// says so.
void reserve_descriptors(const shm::Segment& segment);

/// Logs an error if the log has reached max_id. By the supervisor at a start, and by the session
/// that has just appended the last message.
void report_if_full(const shm::Segment& segment) noexcept;

}  // namespace belfry::server
