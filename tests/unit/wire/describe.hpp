#pragma once

#include "wire/command.hpp"
#include "wire/command_parser.hpp"
#include "wire/frame.hpp"
#include "wire/frame_parser.hpp"

#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// Commands and frames as short texts. Tests compare and print them, and they outlive the bytes
/// from which they were parsed.
namespace belfry::wire::testing {

std::string describe(const Command& command);
std::string describe(const Frame& frame);

/// Feeds a parser piece by piece, as a socket does. The bytes that the parser has not consumed are
/// moved into a buffer of exactly their size, so that a sanitizer sees any read beyond them.
class CommandFeed {
  public:
    explicit CommandFeed(std::size_t max_payload) : parser_{max_payload} {}
    explicit CommandFeed(const CommandParser& parser) : parser_{parser} {}
    void feed(std::string_view piece);
    [[nodiscard]] const std::vector<std::string>& commands() const { return commands_; }
    [[nodiscard]] std::size_t unread_bytes() const { return unread_.size(); }

  private:
    CommandParser parser_;
    std::vector<char> unread_;
    std::vector<std::string> commands_;
};

/// Does the same for frames. It ends at the first Garbled, as a client does.
class FrameFeed {
  public:
    void feed(std::string_view piece);
    [[nodiscard]] const std::vector<std::string>& frames() const { return frames_; }

  private:
    bool garbled_ = false;
    std::vector<char> unread_;
    std::vector<std::string> frames_;
};

}  // namespace belfry::wire::testing
