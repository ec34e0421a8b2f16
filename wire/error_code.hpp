#pragma once

#include <optional>
#include <string_view>

/// The codes of `ERR` lines (wire/PROTOCOL.md, "Errors").
namespace belfry::wire {

enum class ErrorCode {
    unknown_client,
    login_first,
    login_timeout,
    too_many_clients,
    line_too_long,
    bad_line,
    unknown_command,
    bad_payload,
    too_large,
    bad_seq,
    store_failed,
    already_logged_in,
    login_refused,
    tls_required,
    unavailable,
};

/// Returns the code as it is written in the protocol, such as `unknown-client`.
[[nodiscard]] std::string_view name_of(ErrorCode code) noexcept;

/// Returns the text that follows the code in an `ERR` line.
[[nodiscard]] std::string_view text_of(ErrorCode code) noexcept;

/// Tells whether the server closes the connection after an `ERR` with this code. There is one
/// exception: after too_large it also closes, if the payload is above max_discard.
[[nodiscard]] bool closes(ErrorCode code) noexcept;

/// Returns the code with this name; nothing if this version does not know it.
[[nodiscard]] std::optional<ErrorCode> error_code_named(std::string_view name) noexcept;

}  // namespace belfry::wire
