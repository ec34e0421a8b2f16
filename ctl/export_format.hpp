#pragma once

#include "ctl/message_line.hpp"
#include "store/saved_log.hpp"

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

/// The format that `belfryctl export` writes and `belfryctl import` reads: JSON, one object per
/// line. The first line describes the log (ExportHeader). Each further line is a message with its
/// seq, as cli/json.hpp prints it. The messages are in the order of their ids, from first_id to
/// last_id.
namespace belfry::ctl {

/// Thrown for a line that does not have this format. The message says what is wrong.
class BadLine : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// The first line: `{"format":1,"epoch":…,"first_id":…,"last_id":…,"durability":…,"clean":…,
/// "clients":[{"id":…,"cursor":…,"seq":…},…]}`
struct ExportHeader {
    std::uint64_t first_id = 1;  ///< last_id + 1: there are no messages
    store::SavedLog log;
};

/// A message that was parsed. It owns its text.
struct ExportedMessage {
    std::uint64_t id = 0;
    std::string sender;
    std::uint64_t seq = 0;
    std::uint64_t time_ms = 0;
    std::string body;
};

/// Appends the first line. @param form one of the JSON forms
void append_header(std::string& out, const ExportHeader& header, LineForm form);

/// Parses the first line. @throws BadLine, also if its values contradict each other
[[nodiscard]] ExportHeader parse_header(std::string_view line);

/// Parses the line of a message. @throws BadLine
[[nodiscard]] ExportedMessage parse_message(std::string_view line);

}  // namespace belfry::ctl
