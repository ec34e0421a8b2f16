#pragma once

#include "ctl/message_line.hpp"
#include "store/saved_log.hpp"

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

/// What `belfryctl export` writes and `belfryctl import` reads: JSON, one object a line. The first
/// line is the log (LogHead); each other one a message as wire/json.hpp prints it, with its seq, in
/// the order of their ids from first_id to last_id.
namespace belfry::ctl {

/// A line is not of this format: the message says in what way.
class BadLine : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// `{"format":1,"epoch":…,"first_id":…,"last_id":…,"durability":…,"clean":…,
/// "clients":[{"id":…,"cursor":…,"seq":…},…]}`
struct LogHead {
    std::uint64_t first_id = 1;  ///< last_id + 1: there are no messages
    store::SavedLog log;
};

/// A message that has been read; it owns its text.
struct ExportedMessage {
    std::uint64_t id = 0;
    std::string sender;
    std::uint64_t seq = 0;
    std::uint64_t time_ms = 0;
    std::string body;
};

/// @param form one of the JSON forms
void append_head(std::string& out, const LogHead& head, LineForm form);

/// @throws BadLine, also where what it says cannot be
[[nodiscard]] LogHead read_head(std::string_view line);

/// @throws BadLine
[[nodiscard]] ExportedMessage read_message(std::string_view line);

}  // namespace belfry::ctl
