#pragma once

#include "store/message.hpp"
#include "wire/frame.hpp"

#include <cstdint>
#include <string>

namespace belfry::ctl {

/// How a message is printed, always as one line.
enum class LineForm {
    people,  ///< id, local time, sender, text; what is not harmless, and line breaks, become `?`
    json,    ///< for programs, see wire/json.hpp
    ascii_json,  ///< the same for a terminal
};

/// The form that `--json`, or its absence, asks for on this standard output.
[[nodiscard]] LineForm line_form(bool json) noexcept;

/// Appends a message as one line of that form.
void append_line(std::string& out, const wire::Message& message, std::uint64_t seq, LineForm form);

/// The row of a store as the protocol's message.
[[nodiscard]] wire::Message as_message(const store::Message& row) noexcept;

}  // namespace belfry::ctl
