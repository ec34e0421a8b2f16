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
};

/// The code as it stands on the wire, such as `unknown-client`.
[[nodiscard]] std::string_view name_of(ErrorCode code) noexcept;

/// One short English sentence for the text of an `ERR` line.
[[nodiscard]] std::string_view text_of(ErrorCode code) noexcept;

/// Whether the server closes the connection behind an `ERR` of this code. The one exception is a
/// payload above max_discard, which closes although its code, too_large, does not.
[[nodiscard]] bool closes(ErrorCode code) noexcept;

/// The code of that name; none where this version does not know it.
[[nodiscard]] std::optional<ErrorCode> error_code_named(std::string_view name) noexcept;

}  // namespace belfry::wire
