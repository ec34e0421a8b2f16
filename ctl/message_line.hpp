#pragma once

#include "store/saved_log.hpp"

#include <string>

namespace belfry::ctl {

/// The form of the one line as which a message is printed.
enum class LineForm {
    people,      ///< id, local time, sender, text; harmful characters and line breaks become `?`
    json,        ///< for programs, see wire/json.hpp
    ascii_json,  ///< the same for a terminal
};

/// Returns the form for this standard output, with or without `--json`.
[[nodiscard]] LineForm line_form(bool json) noexcept;

/// Appends a message as one line of that form.
void append_line(std::string& out, const store::Message& message, LineForm form);

}  // namespace belfry::ctl
