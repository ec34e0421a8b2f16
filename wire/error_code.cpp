#include "wire/error_code.hpp"

#include <algorithm>
#include <array>

namespace belfry::wire {
namespace {

struct Entry {
    ErrorCode code;
    std::string_view name;
    std::string_view text;
    bool closes;
};

// The order is that of the enumeration, so that a code is the index of its entry.
constexpr std::array entries{
    Entry{ErrorCode::unknown_client, "unknown-client", "the server does not know this client-id",
          true},
    Entry{ErrorCode::login_first, "login-first", "the first line must be LOGIN", true},
    Entry{ErrorCode::login_timeout, "login-timeout", "no complete LOGIN in time", true},
    Entry{ErrorCode::too_many_clients, "too-many-clients", "no room for another connection", true},
    Entry{ErrorCode::line_too_long, "line-too-long", "the line is longer than 1024 bytes", true},
    Entry{ErrorCode::bad_line, "bad-line", "missing or malformed fields", false},
    Entry{ErrorCode::unknown_command, "unknown-command", "unknown command", false},
    Entry{ErrorCode::bad_payload, "bad-payload", "the payload does not end with a line ending",
          true},
    Entry{ErrorCode::too_large, "too-large", "the payload is larger than max-payload", false},
    Entry{ErrorCode::bad_seq, "bad-seq",
          "not a number from 1 to 2^63-1, or too far above the highest accepted seq", false},
    Entry{ErrorCode::store_failed, "store-failed", "not stored; send it again later", false},
    Entry{ErrorCode::already_logged_in, "already-logged-in", "this connection is already logged in",
          false},
    Entry{ErrorCode::login_refused, "login-refused", "the client-id or its secret is wrong", true},
    Entry{ErrorCode::tls_required, "tls-required",
          "a secret needs TLS, unless client and server run on the same machine", true},
    Entry{ErrorCode::unavailable, "unavailable",
          "this node cannot reach its cluster; try another one", true},
};

constexpr bool in_order() {
    for (std::size_t i = 0; i < entries.size(); ++i) {
        if (static_cast<std::size_t>(entries[i].code) != i) return false;
    }
    return true;
}
static_assert(in_order());

constexpr const Entry& entry_of(ErrorCode code) noexcept {
    return entries[static_cast<std::size_t>(code)];
}

}  // namespace

std::string_view name_of(ErrorCode code) noexcept {
    return entry_of(code).name;
}

std::string_view text_of(ErrorCode code) noexcept {
    return entry_of(code).text;
}

bool closes(ErrorCode code) noexcept {
    return entry_of(code).closes;
}

std::optional<ErrorCode> error_code_named(std::string_view name) noexcept {
    const auto* const found = std::find_if(
        entries.begin(), entries.end(), [name](const Entry& entry) { return entry.name == name; });
    if (found == entries.end()) return std::nullopt;
    return found->code;
}

}  // namespace belfry::wire
