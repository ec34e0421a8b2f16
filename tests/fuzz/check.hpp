#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

/// Checks that must hold for every input of a fuzzer. Each of them throws Broken if it does not
/// hold.
namespace belfry::fuzz {

class Broken : public std::logic_error {
  public:
    using std::logic_error::logic_error;
};

/// Checks the bytes of a client: they give the same commands however they are split, and a command
/// that is printed and parsed again is the same.
void check_commands(std::string_view input);

/// Checks the bytes of a server: they give the same frames however they are split, and a frame that
/// is printed and parsed again is the same.
void check_frames(std::string_view input);

/// Checks the bytes of a relay: a header is parsed within its bounds, a torn one is not parsed, and
/// a header that is printed and parsed again is the same.
void check_proxy_header(std::string_view input);

/// Checks the bytes of a browser: they give the same requests however they are split, none of them
/// has what must be refused, and each answer is well-formed.
void check_requests(std::string_view input);

/// Gives the bytes of a client to a whole session. The session must end, every answer must be a
/// frame that keeps the rules of order and delivery, another client must be served before,
/// meanwhile and afterwards, and the invariants of the log must hold.
void check_session(std::string_view input);

/// Checks the text of a clients' file: it is refused with one line that names the file, or its
/// clients are different and well-formed, and the same without comments and spaces.
void check_clients(std::string_view input);

/// Applies the bytes of a batch of the cluster's log. They are refused and change nothing, or they
/// give the same state however the batch is cut and repeated, and dense ids.
void check_entries(std::string_view input);

/// Splits an input into pieces. Its own bytes decide where, so that an input that has shown a bug
/// shows it again.
[[nodiscard]] std::vector<std::string_view> in_pieces(std::string_view input, std::size_t longest);

}  // namespace belfry::fuzz
