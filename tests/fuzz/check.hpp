#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

/// What holds for every input, whatever a fuzzer makes up. Each throws Broken where it does not.
namespace belfry::fuzz {

class Broken : public std::logic_error {
  public:
    using std::logic_error::logic_error;
};

/// The bytes of a client: any split gives the same commands, and a command that is printed is
/// parsed as the same again.
void check_commands(std::string_view input);

/// The bytes of a server: any split gives the same frames, and a frame that is printed is parsed
/// as the same again.
void check_frames(std::string_view input);

/// The bytes of a client that a whole session gets: the session ends, every answer is a frame and
/// keeps the rules of order and delivery, another client is served before, meanwhile and
/// afterwards, and the log's invariants hold.
void check_session(std::string_view input);

/// An input in pieces that its own bytes decide, so that an input that was found stays found.
[[nodiscard]] std::vector<std::string_view> in_pieces(std::string_view input, std::size_t longest);

}  // namespace belfry::fuzz
